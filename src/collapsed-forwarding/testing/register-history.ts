/** What one client asked of one register, and what it was told. */
export interface Operation {
  /** When it was sent, in any order of events. */
  readonly from: number;
  /** When it was answered; `Infinity` if nobody knows whether it has happened. */
  readonly to: number;
  readonly action: Action;
}

/** An action and its outcome. `undefined` is a register that does not exist. */
export type Action =
  | { readonly kind: 'read'; readonly saw: string | undefined }
  | { readonly kind: 'write'; readonly value: string }
  | {
      readonly kind: 'cas';
      readonly from: string;
      readonly to: string;
      readonly create: boolean;
      readonly outcome: 'done' | 'different' | 'missing';
    };
