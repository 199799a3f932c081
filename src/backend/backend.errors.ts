import { BadGatewayException, GatewayTimeoutException } from '@nestjs/common';
import type { CallIds } from './call-ids.js';

/**
 * The backend gave no usable answer: 5xx, refused, reset, truncated, not HTTP, or too large.
 * 502 to the caller, without the cause; `cause` is for the log.
 */
export class BackendUnavailableError extends BadGatewayException {
  readonly code = 'BREAKWATER_BACKEND_UNAVAILABLE';

  constructor(
    cause: unknown,
    /** How long the backend wants to be left alone, in milliseconds, where it said so. */
    readonly retryAfterMs?: number,
    /** The call that failed, where there was one. */
    readonly call?: CallIds,
  ) {
    super({ error: 'backend unavailable' }, { cause });
  }
}

/** The backend did not answer completely within the time allowed. 504 to the caller. */
export class BackendTimeoutError extends GatewayTimeoutException {
  readonly code = 'BREAKWATER_BACKEND_TIMEOUT';

  constructor(
    /** The time that was allowed, in milliseconds. */
    readonly timeoutMs: number,
    /** The call that was given up. */
    readonly call?: CallIds,
  ) {
    super({ error: 'backend timeout' });
  }
}
