import { frameCodec } from '../caching/index.js';
import type { ValueCodec } from '../caching/index.js';
import type { Fields, VaryIndex } from '../http-cache/index.js';
import { GatewayAnswer, Variants } from './answer.js';
import type { AnswerFacts, GatewayValue } from './answer.js';
import { ReplayBody } from './replay-body.js';

/** What is written of a value beside the bytes of its body. */
type Head =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly reason: string;
      readonly fields: Fields;
      readonly facts: AnswerFacts;
    }
  | { readonly kind: 'variants'; readonly index: VaryIndex };

const NO_BODY = Buffer.alloc(0);

/** Writes answers and indexes of variants for the tiers below memory: the head as JSON, the body as it is. */
export const gatewayCodec: ValueCodec = frameCodec<GatewayValue>(split, join);

function split(value: GatewayValue): { head: Head; body: Uint8Array } {
  if (value instanceof Variants) {
    return { head: { kind: 'variants', index: value.index }, body: NO_BODY };
  }
  const { status, reason, fields, facts, body } = value;
  const { whole } = body;
  if (whole === undefined) throw new Error('the body is not whole, or not in memory');
  return { head: { kind: 'answer', status, reason, fields, facts }, body: whole };
}

/** @throws Error for what was not written by {@link split} */
function join(head: unknown, body: Buffer): GatewayValue {
  const read = head as Head;
  switch (read.kind) {
    case 'variants':
      return new Variants(read.index);
    case 'answer':
      return new GatewayAnswer(
        read.status,
        read.reason,
        read.fields,
        ReplayBody.of(body),
        read.facts,
      );
    default:
      throw new Error('neither an answer nor variants');
  }
}
