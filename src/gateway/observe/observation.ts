import { linesOf } from '../../http-cache/index.js';
import type { Cancel, LogEvent, Scheduler } from '../../ground/index.js';
import type { Asked } from '../asked.js';
import type { BackendCalls } from '../backend-calls.js';
import { PASSING } from '../exchange.js';
import { FreshnessShare } from '../freshness-share.js';
import { judge } from '../judgement.js';
import { Reply } from '../reply.js';
import { CountedBody } from './counted-body.js';
import { ForecastCounts } from './forecast.js';
import type { ForecastOutcome, GatewayForecast } from './forecast.js';
import { ForecastLog } from './forecast-log.js';
import { OverheardCall } from './overheard-call.js';
import { Shadow } from './shadow.js';
import type { ShadowParts } from './shadow.js';

/** What an observation is made with. */
export interface ObservationParts extends Omit<ShadowParts, 'count'> {
  /** Makes calls as their requests are. */
  readonly calls: BackendCalls;
  readonly scheduler: Scheduler;
  readonly log: { log(event: LogEvent): void };
}

/** These say nothing of how long an answer is fresh, or are judged with what they are a part of. */
const UNJUDGED: ReadonlySet<number> = new Set([206, 304, 416]);

/** Passes every request on, and counts what the gateway would have done with it. */
export class Observation {
  /** What would be kept, asked and refused. */
  readonly shadow: Shadow;
  /** In place of the body of an answer to POST that would be kept. */
  readonly bodyOf = (bytes: number): CountedBody => CountedBody.of(bytes);
  private readonly calls: BackendCalls;
  private readonly counts = new ForecastCounts();
  private readonly freshness = new FreshnessShare();
  private readonly log: ForecastLog;
  private readonly stopListening: Cancel;

  constructor(parts: ObservationParts) {
    const { calls, scheduler, log, caching } = parts;
    this.calls = calls;
    this.shadow = new Shadow({ ...parts, count: (outcome) => this.count(outcome) });
    this.log = new ForecastLog(() => this.forecast(), scheduler, log);
    // Whatever an application invalidates would be gone.
    this.stopListening = caching.onInvalidation((invalidation) => {
      void this.shadow.caching.apply(invalidation);
    });
  }

  /** What would have become of the requests so far. */
  forecast(): GatewayForecast {
    return this.counts.told(this.freshness);
  }

  /** Counts a request that is carried by itself. */
  count(outcome: ForecastOutcome): void {
    this.counts.add(outcome);
    this.log.touched();
  }

  /** Answers a request by a call of its own, untouched. Never rejects. */
  async answer(asked: Asked): Promise<void> {
    const { signal } = asked;
    const reply = new Reply(asked);
    const call = new OverheardCall();
    const ids = this.calls.newCall(linesOf(asked.fields, 'traceparent')[0]);
    asked.noted('bypass', 'led', ids);
    try {
      const fetching = this.calls.fetch(asked, {
        shared: false,
        signal,
        ids,
        interim: (status, fields) => reply.interim(status, fields),
        plan: (head, arrival) => {
          if (asked.method === 'GET' && !UNJUDGED.has(head.status)) {
            this.freshness.count(judge(asked, head, arrival));
          }
          return PASSING;
        },
        carry: call.carry,
      });
      this.shadow.answer(asked, call);
      reply.untouched(await fetching);
    } catch (error) {
      reply.error(error);
    }
  }

  /** The last words, once no request is under way. */
  close(): Promise<void> {
    this.stopListening();
    this.log.close();
    return this.shadow.close();
  }
}
