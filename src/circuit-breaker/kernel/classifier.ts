import type { Clock } from '../../ground/index.js';
import { CIRCUIT_OPEN_CODE } from './circuit-open.error.js';
import { verdictOnGrpc } from './grpc-signals.js';
import {
  causeOf,
  contentOf,
  isAbort,
  isForItsStatus,
  isNetwork,
  isOwnAnswer,
  isTimeout,
  latenessOf,
  retryAfterOf,
  shapeOf,
  statusOfAnswer,
  statusOfError,
} from './http-signals.js';
import { SUCCESS, UNKNOWN_FAILURE, ignored } from './verdict.js';
import type { Verdict } from './verdict.js';

/** Of errors by which the library itself refuses: another circuit, and the bound of bodies on their way. */
const REFUSALS: ReadonlySet<unknown> = new Set([CIRCUIT_OPEN_CODE, 'BREAKWATER_IN_FLIGHT_BYTES']);

/** Decides what the end of a call says about the health of what is protected. */
export interface Classifier {
  /** Verdict on a call that threw, or rejected with, `error`. */
  error(error: unknown): Verdict;
  /** Verdict on a call that returned `answer`. */
  answer(answer: unknown): Verdict;
}

/**
 * What a 4xx says, and a gRPC status of that kind (NOT_FOUND, INVALID_ARGUMENT, …): the backend works
 * (`success`), or nothing (`neutral`).
 */
export type ClientErrors = 'success' | 'neutral';

/** Rules of one's own, asked first; `undefined` leaves the decision to the rules of the library. */
export type ClassifierRules = {
  readonly [Rule in keyof Classifier]?: (outcome: unknown) => Verdict | undefined;
};

/**
 * The rules of the library. An error that carries an answer is judged by the answer. 5xx, network errors, timeouts and errors of unknown kind are failures; a
 * 4xx is an answer like any other, but for a 408 that the application itself makes, which is a timeout;
 * 429 and 503 with `Retry-After` are failures that say how long to stay away; the caller's abort and the
 * refusal of another circuit say nothing. Of gRPC, UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED,
 * INTERNAL, UNKNOWN and DATA_LOSS are failures, CANCELLED says nothing, and the rest are answers.
 */
export class HttpClassifier implements Classifier {
  private readonly clientError: Verdict;

  constructor(
    clientErrors: ClientErrors,
    private readonly rules: ClassifierRules,
    private readonly clock: Clock,
  ) {
    this.clientError = clientErrors === 'neutral' ? ignored('client-error') : SUCCESS;
  }

  error(error: unknown): Verdict {
    const ruled = this.ruled('error', error);
    if (ruled !== undefined) return ruled;
    try {
      return this.ofError(error);
    } catch {
      // Anything can be thrown, a proxy or an object whose getters throw included.
      return UNKNOWN_FAILURE;
    }
  }

  answer(answer: unknown): Verdict {
    const ruled = this.ruled('answer', answer);
    if (ruled !== undefined) return ruled;
    try {
      const status = statusOfAnswer(answer);
      return status === undefined ? SUCCESS : this.ofStatus(status, answer);
    } catch {
      return SUCCESS;
    }
  }

  /** A rule that throws has not decided: a bug in it must not become the caller's error. */
  private ruled(rule: keyof Classifier, outcome: unknown): Verdict | undefined {
    try {
      return this.rules[rule]?.(outcome);
    } catch {
      return undefined;
    }
  }

  private ofError(error: unknown): Verdict {
    if (REFUSALS.has((error as { code?: unknown } | null | undefined)?.code)) {
      return ignored('inner-refusal');
    }
    const byAnswer = this.ofCarriedAnswer(error);
    if (byAnswer !== undefined) return byAnswer;
    if (isTimeout(error)) return timeoutOf(error);
    if (isAbort(error)) return ignored('aborted');
    if (isNetwork(error)) return { kind: 'failure', reason: 'network' };
    return this.ofCarriedAnswer(causeOf(error)) ?? UNKNOWN_FAILURE;
  }

  /** An error that carries an answer, of HTTP or gRPC, is judged by the answer. */
  private ofCarriedAnswer(error: unknown): Verdict | undefined {
    const shape = shapeOf(error);
    if (shape === undefined) return undefined;
    const status = statusOfError(shape);
    if (status === undefined) {
      const content = contentOf(shape);
      return verdictOnGrpc(content ?? shape, content !== undefined, this.clientError);
    }
    if (!isForItsStatus(shape, status)) return undefined;
    // A backend's 408 is about its client, us; the application's own about whom it waited for.
    return status === 408 && isOwnAnswer(shape) ? timeoutOf(shape) : this.ofStatus(status, shape);
  }

  private ofStatus(status: number, outcome: unknown): Verdict {
    if (status < 400) return SUCCESS;
    if (status === 429 || status === 503) {
      const retryAfterMs = retryAfterOf(outcome, this.clock.wall());
      if (retryAfterMs !== undefined) return { kind: 'failure', reason: 'throttled', retryAfterMs };
    }
    if (status === 504) return timeoutOf(outcome);
    if (status >= 500) return { kind: 'failure', reason: 'http-5xx' };
    return this.clientError;
  }
}

function timeoutOf(outcome: unknown): Verdict {
  return { kind: 'failure', reason: 'timeout', lateMs: latenessOf(outcome) };
}
