import type { BodiesInFlight, CallIds } from '../../backend/index.js';
import type { CachingService } from '../../caching/index.js';
import type { CircuitBreakerService, CircuitRegistry } from '../../circuit-breaker/index.js';
import { CircuitOpenError } from '../../circuit-breaker/index.js';
import { CoalescerOverloadedError, createCoalescer } from '../../coalescing/index.js';
import type { Coalescer, CoalescerPorts } from '../../coalescing/index.js';
import { Asked } from '../asked.js';
import { failureOf } from '../backend-calls.js';
import type { CallOfRequest, ExchangeCalls } from '../backend-calls.js';
import { Exchange } from '../exchange.js';
import { fetchAnswer } from '../fetch.js';
import type { FetchEnvironment, Fetched } from '../fetch.js';
import { ForwardError } from '../forward.error.js';
import type { GatewayAnswer } from '../answer.js';
import { Reply } from '../reply.js';
import { CountedBody } from './counted-body.js';
import type { ForecastOutcome } from './forecast.js';
import type { OverheardCall } from './overheard-call.js';
import type { CacheStatusParts, Fields } from '../../http-cache/index.js';

/** Calls that are not made are of no trace. */
const NO_IDS: CallIds = { flightId: '', traceId: '', sampled: false };

/** Flights that no trace has a part of, and of which nobody hears. */
const UNHEARD: Partial<CoalescerPorts> = {
  events: { hasSubscribers: false, publish: () => undefined },
  contexts: {
    run: (_flight, task) => task(),
    detached: (task) => task(),
    begun: () => undefined,
    ended: () => undefined,
    current: () => undefined,
  },
};

/** What a gateway that is on is made with, and its shadow beside it. */
export interface ShadowParts {
  readonly environment: FetchEnvironment;
  readonly flights: Coalescer;
  readonly caching: CachingService;
  readonly circuits: CircuitBreakerService;
  /** Told once of each request what would have become of it. */
  readonly count: (outcome: ForecastOutcome) => void;
}

/**
 * The exchange of a gateway that is on, without its calls and without its clients: each request is answered
 * to nobody by the same decisions, from a cache that holds heads alone, and where a call would be made it
 * comes to what the request's own one has come to.
 */
export class Shadow {
  readonly caching: CachingService;
  readonly circuits: CircuitRegistry;
  readonly exchange: Exchange;
  readonly calls: ExchangeCalls;

  constructor(private readonly parts: ShadowParts) {
    const flights = createCoalescer('gateway', parts.flights.options, UNHEARD);
    this.caching = parts.caching.shadow(flights);
    this.circuits = parts.circuits.shadow();
    this.calls = new ShadowCalls(parts.environment, flights, this.circuits);
    this.exchange = new Exchange({
      caching: this.caching,
      calls: this.calls,
      replyTo: (asked) => new ShadowReply(asked as ShadowAsked),
    });
  }

  /** What would become of a request, beside the call that it makes. */
  answer(asked: Asked, call: OverheardCall): void {
    const { exchange, parts } = this;
    const shadow = new ShadowAsked(asked, call, parts.count, () => void exchange.answer(shadow));
    void exchange.answer(shadow);
  }

  /** What is kept goes. */
  close(): Promise<void> {
    return this.caching.close();
  }
}

/** A request as it is answered to nobody. */
class ShadowAsked extends Asked {
  /** Whether its call would have been made. */
  hasCalled = false;
  private isCounted = false;

  constructor(
    private readonly itself: Asked,
    readonly call: OverheardCall,
    private readonly told: (outcome: ForecastOutcome) => void,
    /** Asks once more. */
    readonly again: () => void,
  ) {
    super(itself.request, itself.to, itself.rule, itself.target, itself.client);
  }

  /** There is one of a response. */
  override get signal(): AbortSignal {
    return this.itself.signal;
  }

  count(outcome: ForecastOutcome): void {
    if (this.isCounted) return;
    this.isCounted = true;
    this.told(outcome);
  }

  override noted(): void {
    // The log tells what has become of the request itself.
  }

  override failed(): void {
    // As above.
  }
}

/** Calls that come to what those of their requests come to. */
class ShadowCalls implements ExchangeCalls {
  readonly freshness = undefined;
  private readonly environment: FetchEnvironment;

  constructor(
    environment: FetchEnvironment,
    readonly flights: Coalescer,
    private readonly circuits: CircuitRegistry,
  ) {
    const client = {
      ...{ isHeard: false, told: () => undefined },
      ...{ newCall: () => NO_IDS, fieldsOf: () => [] },
    };
    this.environment = { ...environment, client, bodies: UNCOUNTED };
  }

  flightsOf(): Coalescer {
    return this.flights;
  }

  get spills(): boolean {
    return this.environment.spill !== undefined;
  }

  newCall(): CallIds {
    return { ...NO_IDS };
  }

  fetch(asked: Asked, { signal, ids, plan, conditions }: CallOfRequest): Promise<Fetched> {
    const shadow = asked as ShadowAsked;
    const { rule, method } = asked;
    const { circuit, timeouts } = rule;
    shadow.hasCalled = true;
    return fetchAnswer(this.environment, {
      ...{ origin: '', otherOrigins: [], path: '', fields: [], retries: 0 },
      ...{ method, timeouts, signal, ids, plan },
      circuit: circuit === undefined ? undefined : this.circuits.circuit(circuit),
      isFailure: failureOf(rule),
      carry: shadow.call.shadow(conditions),
      hold: (options) => new CountedBody(options, () => shadow.call.receivedBytes, this.spills),
    });
  }
}

/** Bodies that nobody holds. */
const UNCOUNTED = {
  reserve: () => undefined,
  release: () => undefined,
} as unknown as BodiesInFlight;

/** Counts what a request would have been answered. */
class ShadowReply extends Reply {
  constructor(private readonly shadow: ShadowAsked) {
    super(shadow);
  }

  override passed(): void {
    this.shadow.count('passed');
  }

  override interim(): void {
    // The client has it of its own call.
  }

  override notCached(): void {
    this.shadow.count('refused');
  }

  override error(error: unknown): void {
    const { shadow } = this;
    if (shadow.signal.aborted) return;
    if (error instanceof ForwardError && error.failure === 'aborted') {
      // The client has left whose call this one would have joined: a flight would have gone on.
      shadow.again();
    } else if (error instanceof CircuitOpenError || error instanceof CoalescerOverloadedError) {
      shadow.count('refused');
    } else {
      shadow.count(shadow.hasCalled ? 'passed' : 'joined');
    }
  }

  protected override send(answer: GatewayAnswer, _fields: Fields, how: CacheStatusParts): void {
    this.shadow.count(outcomeOf(answer, how));
  }
}

function outcomeOf({ isRenewed }: GatewayAnswer, how: CacheStatusParts): ForecastOutcome {
  const { detail } = how;
  if ('hit' in how) {
    return detail === 'stale-while-revalidate' || detail === 'stale-if-error' ? detail : 'hit';
  }
  if (how.collapsed === true) return 'joined';
  return isRenewed ? 'revalidated' : 'passed';
}
