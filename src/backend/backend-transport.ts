import type { AnswerHeaders } from './backend-answer.js';

/** One call of the backend. */
export interface BackendCall {
  /** An absolute URL, or a path below the base URL, percent-encoded; sent as it is. */
  readonly url: string;
  /** Sent beside those that go with every call. Of two whose names differ by case, the later counts. */
  readonly headers: Readonly<Record<string, string>>;
  /** Ends the call, with its reason. */
  readonly signal: AbortSignal;
}

/** What came back, whatever the status. */
export interface TransportAnswer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** Complete, and as it came: still in its Content-Encoding. */
  readonly body: Buffer;
}

/**
 * What carries a call to the backend and the answer back. Type and injection token at once; the
 * transports behave alike in all but what they cost and what can be hooked into.
 */
export abstract class BackendTransport {
  /**
   * Gets `url`. Redirects are answers.
   *
   * @throws {BackendTimeoutError} when the whole answer is not there within the time allowed.
   * @throws the reason of `signal`, when that aborts the call.
   * @throws anything else when there is no valid answer, or one that is too large.
   */
  abstract send(call: BackendCall): Promise<TransportAnswer>;
}

/**
 * What goes with every call. A call is shared by callers who accept different encodings: none is
 * asked for.
 */
export const SENT_HEADERS: Readonly<Record<string, string>> = Object.freeze({
  accept: '*/*',
  'accept-encoding': 'identity',
  'user-agent': 'breakwater',
});
