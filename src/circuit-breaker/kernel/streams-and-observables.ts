import { AbortWatch } from '../../ground/index.js';
import type { AbortPlace } from '../../ground/index.js';
import type { Settle } from './admission.js';
import { shapeOf, statusOfAnswer } from './http-signals.js';

/*
 * What a call may return before it is over: an Observable, which nobody has called yet, and a stream,
 * which may break half-way. Recognised by shape, as rxjs, Node and Nest make them; none is imported.
 */

/** As rxjs' `Observable`: two signatures, so that the type of its values is found. */
export interface ObservableLike<T> {
  subscribe(observer?: {
    next?: (value: T) => void;
    error?: (error: unknown) => void;
    complete?: () => void;
  }): { unsubscribe(): void };
  // eslint-disable-next-line @typescript-eslint/unified-signatures -- the type of the values is inferred from the last
  subscribe(next?: ((value: T) => void) | null): { unsubscribe(): void };
}

/** What is read here of a readable stream of Node. */
interface Readable {
  readonly readableEnded: boolean;
  readonly destroyed: boolean;
  readonly errored: unknown;
  once(event: 'end' | 'close', listener: () => void): unknown;
}

export function isObservable(value: unknown): value is ObservableLike<unknown> {
  const shape = shapeOf(value);
  if (typeof shape?.['subscribe'] !== 'function') return false;
  // Clients of message brokers have a `subscribe` as well.
  return typeof shape['lift'] === 'function' || typeof shape['@@observable'] === 'function';
}

/**
 * Subscribes, and resolves with the last value (`undefined` if there was none) when the source completes.
 * @param signal ends the subscription
 */
export function lastValueOf(
  source: ObservableLike<unknown>,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    let last: unknown;
    let subscription: { unsubscribe(): void } | undefined = undefined;
    const watch = signal && AbortWatch.of(signal);
    // Before the subscription: the source may end at once.
    const place: AbortPlace | undefined = watch?.add({
      aborted: () => subscription?.unsubscribe(),
    });
    const end = () => place && watch?.delete(place);
    subscription = source.subscribe({
      next: (value) => {
        last = value;
      },
      error: (error) => {
        end();
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- passed on as it is
        reject(error);
      },
      complete: () => {
        end();
        resolve(last);
      },
    });
  });
}

/** The stream that `value` is, or is the head of: a file to be sent, an answer of axios or undici. */
export function streamOf(value: unknown): Readable | undefined {
  const shape = shapeOf(value);
  if (shape === undefined) return undefined;
  if (isReadable(shape)) return shape;
  const { getStream } = shape;
  if (typeof getStream === 'function') return readableOf(getStream.call(shape));
  const status = statusOfAnswer(shape);
  if (status === undefined || status >= 400) return undefined;
  return readableOf(shape['data']) ?? readableOf(shape['body']);
}

/**
 * Reports the end of `stream` as that of the call which returned `value`. One that nobody has read to
 * its end and that has not broken is no verdict.
 */
export function settleAtEnd(stream: Readable, value: unknown, settle: Settle): void {
  const conclude = () => {
    if (stream.readableEnded) settle.returned(value);
    else if (stream.errored) settle.threw(stream.errored);
    else settle.ignore();
  };
  if (stream.readableEnded || stream.destroyed) {
    conclude();
    return;
  }
  // Not by 'error': who listens there has handled it, and nobody would see it any more.
  stream.once('end', conclude);
  stream.once('close', conclude);
}

function readableOf(value: unknown): Readable | undefined {
  const shape = shapeOf(value);
  return shape !== undefined && isReadable(shape) ? shape : undefined;
}

/** A socket is a stream as well, and meant to live on. */
function isReadable(
  shape: Readonly<Record<string, unknown>>,
): shape is Readonly<Record<string, unknown>> & Readable {
  return (
    typeof shape['pipe'] === 'function' &&
    typeof shape['once'] === 'function' &&
    typeof shape['readableEnded'] === 'boolean' &&
    !('connecting' in shape)
  );
}
