import { isToken } from './token.js';

/**
 * What the processes of a cluster tell each other: that something ended, never what it ended with.
 * `token` says of which flight, so that a message that comes late wakes nobody who waits for another.
 */
export type BusMessage =
  /** A value was stored. */
  | { readonly kind: 'done'; readonly token: number; readonly hash: string }
  /** A flight ended without a value, or its result was refused: look again. */
  | { readonly kind: 'gone'; readonly token: number; readonly hash: string }
  /** A flight ended with what cannot be shared: everybody calls for himself. */
  | { readonly kind: 'unshared'; readonly token: number; readonly hash: string }
  /** A key was invalidated; flights with a smaller token are fenced. */
  | {
      readonly kind: 'invalidated';
      readonly token: number;
      readonly hash: string;
      readonly key: string;
    }
  /** A process has put a value there; flights with a smaller token are fenced. */
  | {
      readonly kind: 'put';
      readonly token: number;
      readonly hash: string;
      readonly instance: string;
      readonly key: string;
    }
  /** The store has lost the lease of a flight: whoever leads it asserts it now. */
  | { readonly kind: 'assert'; readonly token: number; readonly hash: string }
  /** Whoever leads a flight asks whether anybody waits for it. */
  | { readonly kind: 'deserted'; readonly token: number; readonly hash: string }
  /** Somebody does. */
  | { readonly kind: 'awaited'; readonly token: number; readonly hash: string }
  /** The epoch of a name, the empty name being that of everything; by a purge, or said again. */
  | {
      readonly kind: 'epoch';
      readonly token: number;
      readonly name: string;
      readonly purged: boolean;
    }
  /** A process starts, and the store has lost all epochs: whoever knows them says them. */
  | { readonly kind: 'epochs-wanted'; readonly token: number }
  /** A tag was invalidated: values with a smaller token that carry it are void. */
  | { readonly kind: 'tag'; readonly token: number; readonly tag: string };

/** `<letter> <token> <rest>`. */
const SHAPE = /^([dxuiwhayepqt]) (\d{1,16}) (.*)$/s;
/** What is said of a key: its hash, and after a space what else there is to say, which may have spaces. */
const OF_KEY = /^([\w-]{22})(?: (.*))?$/s;

/** Understands a message; `undefined` for what another concern or version has sent. */
export function parseBusMessage(text: string): BusMessage | undefined {
  const match = SHAPE.exec(text);
  if (!match) return undefined;
  const [, letter, digits, rest = ''] = match;
  const token = Number(digits);
  if (!isToken(token)) return undefined;
  switch (letter) {
    case 'e':
    case 'p':
      return { kind: 'epoch', token, name: rest, purged: letter === 'p' };
    case 'q':
      return { kind: 'epochs-wanted', token };
    case 't':
      return { kind: 'tag', token, tag: rest };
    default:
      return parseOfKey(letter, token, rest);
  }
}

function parseOfKey(letter = '', token: number, rest: string): BusMessage | undefined {
  const [, hash, more] = OF_KEY.exec(rest) ?? [];
  if (hash === undefined) return undefined;
  switch (letter) {
    case 'd':
      return { kind: 'done', token, hash };
    case 'x':
      return { kind: 'gone', token, hash };
    case 'u':
      return { kind: 'unshared', token, hash };
    case 'h':
      return { kind: 'assert', token, hash };
    case 'a':
      return { kind: 'deserted', token, hash };
    case 'y':
      return { kind: 'awaited', token, hash };
  }
  if (more === undefined) return undefined;
  if (letter === 'i') return { kind: 'invalidated', token, hash, key: more };
  const space = more.indexOf(' ');
  if (space < 1) return undefined;
  return { kind: 'put', token, hash, instance: more.slice(0, space), key: more.slice(space + 1) };
}

const UNSCRIPTED = { assert: 'h', deserted: 'a', awaited: 'y' } as const;

/** What is said without a script. */
export type Unscripted = keyof typeof UNSCRIPTED;

/** The messages that are not sent by a script. */
export function unscriptedMessage(kind: Unscripted, token: number, hash: string): string {
  return `${UNSCRIPTED[kind]} ${token} ${hash}`;
}
