import {
  FieldNames,
  conditionsOf,
  evaluate,
  notModifiedFields,
  valueOf,
  without,
} from '../../http-cache/index.js';
import type { Fields, Head } from '../../http-cache/index.js';
import { ForwardError } from '../forward.error.js';
import { forward } from '../forward.js';
import type { ForwardCall, ForwardHandle, ForwardSink } from '../forward.js';
import { NobodyReadsError } from '../body-source.js';

/** What a shadow of a call hears: of its body not the bytes, of which it can ask how many have come. */
export type OverheardSink = Pick<ForwardSink, 'head' | 'data' | 'end' | 'fail'>;

/** In place of what has come. */
const NO_BYTES = Buffer.alloc(0);

/** Nothing of it is held, so that nothing has to wait. */
const NO_HANDLE: Omit<ForwardHandle, 'abort'> = {
  pause: () => undefined,
  resume: () => undefined,
  retried: 0,
};

/** The one call that a request makes of its own, and those who are told what comes of it. */
export class OverheardCall {
  /** Bytes of the body that have come. */
  receivedBytes = 0;
  private head: (Head & { readonly reason: string }) | undefined;
  private end: { readonly error: ForwardError | undefined } | undefined;
  private readonly listeners = new Set<Listener>();

  /** Makes the call itself, in place of {@link forward}. */
  readonly carry: typeof forward = (pool, call, sink) =>
    forward(pool, call, {
      interim: (status, fields) => sink.interim?.(status, fields),
      head: (status, fields, reason) => {
        this.head = { status, fields, reason };
        this.tell();
        sink.head(status, fields, reason);
      },
      data: (chunk) => {
        this.receivedBytes += chunk.length;
        this.tell();
        sink.data(chunk);
      },
      end: (trailers) => {
        this.over(undefined);
        sink.end(trailers);
      },
      fail: (error) => {
        this.over(error);
        sink.fail(error);
      },
    });

  /**
   * A call like it, that is not made: it comes to what this one comes to.
   *
   * @param conditions those that the call would be made with in place of the client's own; `undefined` where
   *   it would be made with these
   */
  shadow(conditions: Fields | undefined): typeof forward {
    return (_pool, { signal }: ForwardCall, sink) => {
      const listener = new Listener(sink, conditions, () => this.listeners.delete(listener));
      this.listeners.add(listener);
      const leave = (): void => listener.fail(new ForwardError('aborted', signal?.reason));
      signal?.addEventListener('abort', leave, { once: true });
      // As with a call of its own, nothing is told before whoever makes it has its handle.
      queueMicrotask(() => (signal?.aborted === true ? leave() : this.tell()));
      return {
        ...NO_HANDLE,
        abort: (reason) => listener.fail(new ForwardError('aborted', reason)),
      };
    };
  }

  private over(error: ForwardError | undefined): void {
    // Whoever asks for a body is the first to read it here, and not the only one as in a flight.
    const hasLeft = error?.failure === 'aborted' && this.head !== undefined;
    this.end = { error: hasLeft ? new ForwardError('aborted', new NobodyReadsError()) : error };
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener.hear(this.head, this.end);
  }
}

/** One shadow of a call. */
class Listener {
  private hasHead = false;
  private isOver = false;

  constructor(
    private readonly sink: OverheardSink,
    private readonly conditions: Fields | undefined,
    private readonly over: () => void,
  ) {}

  hear(
    head: (Head & { readonly reason: string }) | undefined,
    end: { readonly error: ForwardError | undefined } | undefined,
  ): void {
    if (this.isOver) return;
    if (head !== undefined && !this.hasHead) {
      this.hasHead = true;
      const { status, fields } =
        this.conditions === undefined ? head : answerTo(this.conditions, head);
      this.sink.head(status, [...fields], head.reason);
    }
    if (this.hasHead) this.sink.data(NO_BYTES);
    if (end === undefined) return;
    if (end.error !== undefined) {
      this.fail(end.error);
      return;
    }
    this.isOver = true;
    this.over();
    this.sink.end([]);
  }

  fail(error: ForwardError): void {
    if (this.isOver) return;
    this.isOver = true;
    this.over();
    this.sink.fail(error);
  }
}

const RANGE_FIELDS = new FieldNames(['content-range', 'content-length']);

/**
 * What a backend would have said to a request without the client's own conditions and range, and with these
 * instead: as far as its answer to the client tells.
 */
export function answerTo(conditions: Fields, head: Head): Head {
  const whole = wholeOf(head);
  const asked = conditionsOf(conditions);
  if (asked === undefined || evaluate(asked, whole, Date.now()) !== 'not-modified') return whole;
  return { status: 304, fields: notModifiedFields(whole.fields) };
}

/** The head of the whole answer that a 304 or a 206 stands for: they have its fields but for its length. */
function wholeOf(head: Head): Head {
  const { status, fields } = head;
  if (status === 304) return { status: 200, fields: without(fields, RANGE_FIELDS) };
  if (status !== 206) return head;
  const length = /\/(\d+)$/.exec(valueOf(fields, 'content-range') ?? '')?.[1];
  const kept = without(fields, RANGE_FIELDS);
  return { status: 200, fields: length === undefined ? kept : [...kept, 'Content-Length', length] };
}
