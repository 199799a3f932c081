import { FieldNames, cacheStatus, without } from '../http-cache/index.js';
import type { Fields } from '../http-cache/index.js';
import type { GatewayAnswer } from './answer.js';
import type { ForwardRule } from './rules/index.js';

/** What frames the body is made anew; the age is ours to tell where the answer is not first-hand. */
export const FRAMING = new FieldNames(['content-length']);
const FRAMING_AND_AGE = FRAMING.and(['age']);

/** Fields of a fresh answer that memory holds, for who asks for nothing but what it is. */
export function fieldsOfHit(
  { fields, facts }: GatewayAnswer,
  rule: ForwardRule,
  ageMs: number,
  ttlS: number,
): string[] {
  const told = changedBy(rule, aged(fields, facts.omitted, ageMs));
  told.push('Cache-Status', cacheStatus({ hit: true, ttlS }));
  return told;
}

/** The fields of an answer that is not first-hand, with its age, and without those that are left out of it. */
export function aged(fields: Fields, omitted: readonly string[], ageMs: number): string[] {
  const dropped = omitted.length > 0 ? FRAMING_AND_AGE.and(omitted) : FRAMING_AND_AGE;
  const told = without(fields, dropped);
  told.push('Age', String(Math.max(0, Math.floor(ageMs / 1_000))));
  return told;
}

/** The fields of an answer as its rule has them told. */
export function changedBy({ responseHeaders: changes }: ForwardRule, fields: string[]): string[] {
  return changes === undefined
    ? fields
    : [...without(fields, changes.dropped), ...changes.appended];
}
