import { frameCodec } from '../caching/index.js';
import type { ValueCodec } from '../caching/index.js';
import type { Fields, Variant, VaryIndex } from '../http-cache/index.js';
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

/** @throws Error for an answer of which a part is missing, or lies in a file */
function split(value: GatewayValue): { head: Head; body: Uint8Array } {
  if (value instanceof Variants) {
    return { head: { kind: 'variants', index: value.index }, body: NO_BODY };
  }
  const { status, reason, fields, facts, body } = value;
  const { whole } = body;
  if (whole === undefined) throw new Error('the body is not whole, or not in memory');
  return { head: { kind: 'answer', status, reason, fields, facts }, body: whole };
}

/** @throws Error for what was not written by {@link split}, or by that of another release */
function join(head: unknown, body: Buffer): GatewayValue {
  if (isAnswer(head)) {
    const { status, reason, fields, facts } = head;
    return new GatewayAnswer(status, reason, fields, ReplayBody.of(body), facts);
  }
  if (isVariants(head) && body.length === 0) return new Variants(head.index);
  throw new Error('neither an answer nor variants');
}

function isAnswer(head: unknown): head is Extract<Head, { kind: 'answer' }> {
  const { kind, status, reason, fields, facts } = membersOf(head);
  return (
    kind === 'answer' &&
    Number.isInteger(status) &&
    typeof reason === 'string' &&
    isListOf(fields, isText) &&
    fields.length % 2 === 0 &&
    isFacts(facts)
  );
}

function isFacts(told: unknown): told is AnswerFacts {
  const facts = membersOf(told);
  const { lifetimeS, initialAgeS, staleS, staleIfErrorS, receivedAt } = facts;
  const { noCache, forbidsStale, isForAuthorized, omitted, notStored = '' } = facts;
  return (
    [lifetimeS, initialAgeS, staleS, staleIfErrorS, receivedAt].every(Number.isFinite) &&
    [noCache, forbidsStale, isForAuthorized].every((flag) => typeof flag === 'boolean') &&
    isListOf(omitted, isText) &&
    isText(notStored)
  );
}

function isVariants(head: unknown): head is Extract<Head, { kind: 'variants' }> {
  const { kind, index } = membersOf(head);
  const { lists, variants } = membersOf(index);
  return (
    kind === 'variants' &&
    isListOf(lists, (names) => isListOf(names, isText)) &&
    isListOf(variants, isVariant)
  );
}

function isVariant(told: unknown): told is Variant {
  const { id, at, etag = '' } = membersOf(told);
  return isText(id) && Number.isFinite(at) && isText(etag);
}

/** What it has, whatever it is. */
function membersOf(told: unknown): Readonly<Record<string, unknown>> {
  return Object(told) as Record<string, unknown>;
}

function isText(told: unknown): told is string {
  return typeof told === 'string';
}

function isListOf<T>(told: unknown, isOne: (item: unknown) => item is T): told is readonly T[];
function isListOf(told: unknown, isOne: (item: unknown) => boolean): told is readonly unknown[];
function isListOf(told: unknown, isOne: (item: unknown) => boolean): boolean {
  return Array.isArray(told) && told.every(isOne);
}
