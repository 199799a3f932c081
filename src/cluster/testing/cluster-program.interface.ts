import type { LeaseSettings } from '../kernel/index.js';

export interface ProgramOptions {
  /** Of a store; without it the store is the machine's, by the connection that the process is born with. */
  readonly port?: number;
  readonly settings?: Partial<LeaseSettings>;
  /** Whether the process waits for the store before it says that it has started. @default true */
  readonly waitForStore?: boolean;
  /** Whether it holds values in memory, for as long as it may. @default false */
  readonly memory?: boolean;
}

/** What is made void: a key, a tag, a name, or everything. */
export interface Void {
  readonly by: 'key' | 'tag' | 'name' | 'all';
  readonly what: string;
  /** Name of the key. */
  readonly name?: string;
}

/** So many requests at once. */
export interface Run {
  readonly key: string;
  readonly times: number;
  /** What the backend takes. */
  readonly delayMs: number;
  /** Distinct keys, each asked for so many times. @default 1 */
  readonly keys?: number;
  readonly fails?: boolean;
  /** Size of the backend's answer. */
  readonly bytes?: number;
  /** Name under which it can be purged. */
  readonly name?: string;
  /** What the answer can be invalidated by. */
  readonly tags?: readonly string[];
  /** When each caller leaves. */
  readonly deadlineMs?: number;
  /** The backend's calls end when the key is opened; those that come after it take their time. @default false */
  readonly held?: boolean;
}

/** How many got which value or error. */
export interface Answers {
  readonly values: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
  readonly ms: number;
}

export type Order =
  | ({ readonly do: 'run' } & Run)
  | { readonly do: 'invalidate' | 'peek' | 'holds'; readonly key: string }
  | ({ readonly do: 'void' } & Void)
  | { readonly do: 'counters' | 'state' }
  | { readonly do: 'drain'; readonly graceMs: number }
  /** Lets calls that are held end, after so long. */
  | { readonly do: 'open'; readonly key: string; readonly afterMs: number }
  /** Keeps the event loop busy. */
  | { readonly do: 'block'; readonly ms: number };
