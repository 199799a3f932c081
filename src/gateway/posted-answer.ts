import type { ServerResponse } from 'node:http';
import type { NamedCache } from '../caching/index.js';
import type { Coalescer } from '../coalescing/index.js';
import { endToEnd, without } from '../http-cache/index.js';
import type { Fields } from '../http-cache/index.js';
import { GatewayAnswer, sizeOfHead } from './answer.js';
import type { Asked } from './asked.js';
import { KEEP_MS } from './flight-load.js';
import { judge } from './judgement.js';
import type { Judgement } from './judgement.js';
import { ReplayBody } from './replay-body.js';
import type { AnswerBody } from './answer-body.js';

/**
 * The answer to a POST that says what it is an answer to GET for, and for how long (RFC 9110, section 9.3.3):
 * it is written as it comes, and kept when it is whole.
 */
export class PostedAnswer {
  private readonly chunks: Buffer[] = [];
  private bytes = 0;
  private judged: Judgement | undefined;
  private fields: Fields = [];
  private status = 0;
  private readonly arrival: { receivedAt: number; delayMs: number };

  constructor(
    private readonly asked: Asked,
    private readonly cache: NamedCache,
    private readonly flights: Coalescer,
    /** Makes the body of its length, where nothing but that is kept. */
    private readonly counted?: (bytes: number) => AnswerBody,
  ) {
    this.arrival = { receivedAt: Date.now(), delayMs: 0 };
  }

  /** Its head is there. From now on what is written to the client is taken down, if it may be kept. */
  begin(status: number, fields: Fields): void {
    const { asked, arrival } = this;
    arrival.delayMs = Date.now() - arrival.receivedAt;
    arrival.receivedAt += arrival.delayMs;
    const judged = judge(asked, { status, fields }, arrival);
    if (!judged.verdict.store) return;
    this.judged = judged;
    this.status = status;
    this.fields = without(endToEnd(fields), new Set(judged.verdict.withheld));
    this.takeDown(asked.response);
  }

  /** It has been written whole. */
  complete(): void {
    const { judged, status, fields, asked } = this;
    if (judged === undefined || this.bytes > asked.rule.maxEntryBytes) return;
    const { ageMs, freshMs, staleMs, staleIfErrorMs, tags, facts } = judged;
    const body = this.counted?.(this.bytes) ?? ReplayBody.of(Buffer.concat(this.chunks));
    const answer = new GatewayAnswer(status, '', fields, body, facts);
    this.cache.set(asked.primary, answer, {
      tags,
      ageMs,
      lifetime: { freshMs, staleMs, staleIfErrorMs, keepMs: KEEP_MS },
      sizeBytes: sizeOfHead(answer) + this.bytes,
      coalescer: this.flights,
    });
  }

  private takeDown(response: ServerResponse): void {
    const { maxEntryBytes } = this.asked.rule;
    const take = (chunk: unknown): void => {
      if (!Buffer.isBuffer(chunk)) return;
      this.bytes += chunk.length;
      if (this.counted !== undefined) return;
      if (this.bytes <= maxEntryBytes) this.chunks.push(chunk);
      else this.chunks.length = 0;
    };
    for (const name of ['write', 'end'] as const) {
      const inner = response[name].bind(response) as (...passed: unknown[]) => boolean;
      Object.defineProperty(response, name, {
        value: (...passed: unknown[]) => {
          take(passed[0]);
          return inner(...passed);
        },
      });
    }
  }
}
