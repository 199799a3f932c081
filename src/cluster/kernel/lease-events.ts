import type { AloneReason } from './lease-counters.js';

interface OfKey {
  /** Hash of the key, as it stands in the store; keys themselves may be confidential. */
  readonly hash: string;
}
interface OfLead extends OfKey {
  readonly token: number;
}

/** What happened between the processes of a cluster, told after it has happened. */
export type LeaseEvent =
  | (OfLead & { readonly type: 'led' })
  | (OfLead & { readonly type: 'waited'; readonly owner: string })
  | (OfLead & {
      readonly type: 'taken-over';
      readonly reason: 'dead' | 'lease';
      readonly from: string;
    })
  | (OfLead & { readonly type: 'fenced' })
  | (OfLead & { readonly type: 'lost' })
  | (OfLead & { readonly type: 'reasserted' })
  | (OfLead & { readonly type: 'unshared' })
  | (OfKey & { readonly type: 'degraded'; readonly reason: AloneReason })
  | { readonly type: 'bus-resubscribed' }
  | { readonly type: 'owner-watch'; readonly on: boolean };

/** The port for events; a channel of `node:diagnostics_channel` is one. */
export interface LeaseEvents {
  /** Whether anyone listens: otherwise no event is even made. */
  readonly hasSubscribers: boolean;
  publish(event: LeaseEvent): void;
}
