/** What the operator does, asked of the service. */

const KEPT = 'breakwater-token';

/** Where the API is: the page is at `/admin/ui`, or wherever the application has put both. */
export const API = location.pathname.replace(/\/ui\/?$/, '');

/** The token of this tab; the browser forgets it with the tab. */
export const token = {
  get: (): string | null => sessionStorage.getItem(KEPT),
  set: (value: string): void => sessionStorage.setItem(KEPT, value),
  forget: (): void => sessionStorage.removeItem(KEPT),
};

/** The fields that show who asks: none where a guard of the application knows by itself. */
export function fieldsOfCaller(): Readonly<Record<string, string>> {
  const value = token.get();
  return value === null ? {} : { Authorization: `Bearer ${value}` };
}

/** What has come of an action. */
export interface Outcome {
  /** `false` while other instances are still to be told. */
  readonly everywhere?: boolean;
}

/**
 * Asks for an action and gives its answer.
 *
 * @throws Error whose message says, to people, why nothing was done
 */
export async function act(path: string, body: object): Promise<Outcome> {
  const response = await fetch(`${API}${path}`, {
    method: 'POST',
    headers: { ...fieldsOfCaller(), 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    cache: 'no-store',
  }).catch(() => {
    throw new Error('the service cannot be reached');
  });
  const answer = (await response.json().catch(() => ({}))) as Outcome & {
    readonly error?: unknown;
  };
  if (response.ok) return answer;
  throw new Error(
    typeof answer.error === 'string' ? answer.error : `it answers by ${response.status}`,
  );
}
