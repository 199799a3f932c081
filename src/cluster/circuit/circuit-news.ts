import { isToken } from '../kernel/index.js';
import type { StoreReply } from '../store/store.js';

/** The state of a circuit that all instances share. */
export interface CircuitNews {
  /** Grows with each change of state. */
  readonly epoch: number;
  /** `reopened`: it was open before, and a probe has failed. */
  readonly kind: 'closed' | 'opened' | 'reopened';
  /** Milliseconds until a probe is due. */
  readonly forMs: number;
  /** Instance that brought it about; `-` where the store has lost who it was. */
  readonly by: string;
}

/** What a script answers. */
export interface CircuitReply {
  readonly verdict: number;
  readonly news: CircuitNews;
  /** Milliseconds after which another instance's probe has lost its place, if nothing more is heard of it. */
  readonly waitMs: number;
  /** That other instance; `-` where there is none. */
  readonly prober: string;
}

/** What the instances tell each other of a circuit, beside its state. */
export type CircuitMessage = { readonly name: string } & (
  | { readonly kind: 'news'; readonly news: CircuitNews }
  /** A call has failed: the next success is worth telling. */
  | { readonly kind: 'failing' }
  /** Who has probed does so no longer. */
  | { readonly kind: 'free' }
);

const KINDS = new Map<string, CircuitNews['kind']>([
  ['c', 'closed'],
  ['o', 'opened'],
  ['r', 'reopened'],
]);

/**
 * Understands what a script has answered.
 * @throws TypeError for what it never answers: taken for news, it would open the circuit
 */
export function readCircuitReply(reply: StoreReply): CircuitReply {
  const [verdict, epoch, letter, forMs, by, waitMs, prober] = reply as readonly StoreReply[];
  const kind = KINDS.get(String(letter));
  const numbers = [verdict, epoch, forMs, waitMs];
  if (!kind || !numbers.every(Number.isFinite) || !isToken(epoch as number)) {
    throw new TypeError('The store answered with no state of a circuit');
  }
  return {
    verdict: Number(verdict),
    news: { epoch: Number(epoch), kind, forMs: Number(forMs), by: String(by) },
    waitMs: Math.max(0, Number(waitMs)),
    prober: String(prober),
  };
}

const SHAPE = /^([corfg]) (\d{1,16}) (\d{1,16}) (\S+) (.*)$/s;

/** Understands a message; `undefined` for what another version has sent. */
export function parseCircuitMessage(text: string): CircuitMessage | undefined {
  const match = SHAPE.exec(text);
  if (match === null) return undefined;
  const [, letter = '', epoch, forMs, by = '-', name = ''] = match;
  if (letter === 'f') return { kind: 'failing', name };
  if (letter === 'g') return { kind: 'free', name };
  const kind = KINDS.get(letter);
  if (!kind || !isToken(Number(epoch))) return undefined;
  return { kind: 'news', name, news: { epoch: Number(epoch), kind, forMs: Number(forMs), by } };
}
