/** What the backend answers. */
export interface Answered {
  /** @default 200 */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** @default the number of the call */
  readonly body?: string;
  /** It names no `Date`. */
  readonly undated?: boolean;
  /** It ends by the end of its connection. */
  readonly closes?: boolean;
  /** The connection breaks: before the answer, or within its body. */
  readonly breaks?: 'before' | 'within';
  /** It is held back, before its head or behind it, until what happens meanwhile has happened. */
  readonly waits?: 'head' | 'body';
  /** What comes before it. */
  readonly interim?: 'hints' | 'continue';
  /** It comes before the body of the request has been read. */
  readonly early?: boolean;
  /** Its body is that of the request. */
  readonly echoes?: boolean;
}

/** What a client asks for. */
export interface Asking {
  /** @default 'GET' */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Behind the path of the row. */
  readonly at?: string;
  /** Before it: what makes it an absolute one. */
  readonly from?: string;
  readonly body?: string;
}

type Matches = string | RegExp | undefined;

/** What is to come of a request. */
export interface Then {
  /** How often the backend has been called for it, behind it included. */
  readonly calls: number;
  readonly status?: number;
  readonly text?: string;
  /** Statuses of the interim answers before it. */
  readonly interim?: readonly number[];
  readonly has?: Readonly<Record<string, Matches>>;
  /** What the last of these calls was sent with. */
  readonly sent?: Readonly<Record<string, Matches>>;
}

/** One request, and what is to come of it. */
export interface Step {
  /** Seconds that pass before it. */
  readonly after?: number;
  readonly when?: Asking;
  /** What the backend answers where it is called. */
  readonly says?: Answered;
  /** What is asked and answered while the answer is held back. */
  readonly meanwhile?: { readonly when: Asking; readonly says?: Answered };
  readonly then: Then;
}

/** One thing that a table of the design says, of answers to requests. */
export interface Row {
  readonly rule: string;
  readonly rfc: string;
  readonly it: string;
  /** In which profiles. @default both */
  readonly trust?: 'guarded' | 'rfc';
  readonly steps: readonly Step[];
}

/** Not asked for again: it is what came first. */
export const HIT: Then = { calls: 0, status: 200, text: '1', has: { 'cache-status': /; hit/ } };
/** Asked for again, and what has come then. */
export const CALL: Then = { calls: 1, text: '2' };

interface Short {
  /** What the first request is. */
  readonly asked?: Asking;
  /** What it is answered. */
  readonly given?: Answered;
  readonly first?: Partial<Then>;
  readonly after?: number;
  readonly when?: Asking;
  readonly says?: Answered;
  readonly then?: Then;
  readonly more?: readonly Step[];
  readonly trust?: Row['trust'];
}

/** A first request, and a second one. */
export function row(rule: string, rfc: string, it: string, short: Short): Row {
  const { asked, given, first, then = HIT, more = [] } = short;
  const { after, when, says, trust } = short;
  const begin: Step = {
    ...(asked && { when: asked }),
    ...(given && { says: given }),
    then: { calls: 1, ...first },
  };
  const next: Step = {
    ...(after !== undefined && { after }),
    ...(when && { when }),
    ...(says && { says }),
    then,
  };
  return { rule, rfc, it, ...(trust && { trust }), steps: [begin, next, ...more] };
}

/** One request alone. */
export function once(rule: string, rfc: string, it: string, step: Step): Row {
  return { rule, rfc, it, steps: [step] };
}

/** An answer with this Cache-Control. */
export function cc(control: string, headers: Answered['headers'] = {}): Answered {
  return { headers: { 'Cache-Control': control, ...headers } };
}

/** A request with these fields. */
export function by(headers: Readonly<Record<string, string>>, more: Asking = {}): Asking {
  return { headers, ...more };
}

/** So many seconds ago, as fields tell it. */
export function ago(seconds: number): string {
  return new Date(Date.now() - seconds * 1_000).toUTCString();
}
