import { parseDictionary } from 'structured-headers';
import { withUse } from '../http-cache/index.js';
import type {
  Dictionary,
  Fields,
  Head,
  NotStored,
  ReuseFacts,
  VaryIndex,
} from '../http-cache/index.js';
import type { AnswerBody } from './answer-body.js';

/** What is known of an answer beside its bytes, found out once when it arrives. */
export interface AnswerFacts extends ReuseFacts {
  /** When it was received, in milliseconds since the Unix epoch. */
  readonly receivedAt: number;
  /** Names of fields that are left out until it has been validated (RFC 9111, section 5.2.2.4). */
  readonly omitted: readonly string[];
  /** Why it is not kept, for `Cache-Status`; absent where it is. */
  readonly notStored?: NotStored | undefined;
}

/** An answer of a backend, as all have it who share it. */
export class GatewayAnswer implements Head {
  constructor(
    readonly status: number,
    readonly reason: string,
    /** End-to-end fields, without what frames the body, and without what is its first reader's alone. */
    readonly fields: Fields,
    readonly body: AnswerBody,
    readonly facts: AnswerFacts,
    /** Length that an answer to HEAD names. */
    readonly headLength?: number,
    /** Whether it was stored before, and a validation has brought it up to date. */
    readonly isRenewed: boolean = false,
  ) {
    // Coalescers share what is frozen as it is, and nobody changes it.
    Object.freeze(this);
  }

  /** This answer as a validation has left it. */
  renewed(fields: Fields, facts: AnswerFacts): GatewayAnswer {
    return new GatewayAnswer(this.status, this.reason, fields, this.body, facts, undefined, true);
  }
}

/** Under a key whose answers depend on more than the key: by what, and which there are. */
export class Variants {
  #index: VaryIndex;

  constructor(index: VaryIndex) {
    this.#index = index;
    // Coalescers share what is frozen as it is: what changes is of this process alone, whoever shares it.
    Object.freeze(this);
  }

  get index(): VaryIndex {
    return this.#index;
  }

  /** A variant has been asked for. Of this process alone: it is not worth a write to the tiers below. */
  used(id: string): void {
    this.#index = withUse(this.#index, id);
  }

  /** A variant that it has already has come again, or was renewed. */
  refreshed(index: VaryIndex): void {
    this.#index = index;
  }
}

/** What the gateway's caches hold. */
export type GatewayValue = GatewayAnswer | Variants;

/** Objects and lists of an answer, and of the entry around it, measured on Node 20. */
const ANSWER_BYTES = 1_100;
/** A field beside its text: two places in a list, and the heads of two strings. */
const FIELD_BYTES = 56;

/** Memory that a kept answer takes beside its body, in bytes: text of fields has one byte a character. */
export function sizeOfHead({ fields }: Head): number {
  let bytes = ANSWER_BYTES;
  for (let at = 0; at < fields.length; at += 2) {
    bytes += FIELD_BYTES + (fields[at] as string).length + (fields[at + 1] as string).length;
  }
  return bytes;
}

/** Memory that the index of an answer's variants takes. */
export function sizeOfVariants({ index: { lists, variants } }: Variants): number {
  let bytes = 256;
  for (const names of lists) for (const name of names) bytes += FIELD_BYTES + name.length;
  for (const { id, etag = '' } of variants) bytes += 2 * FIELD_BYTES + id.length + etag.length;
  return bytes;
}

/** A structured dictionary (RFC 9651, section 3.2) by its members' values; `undefined` for what is none. */
export function dictionaryOf(value: string): Dictionary | undefined {
  try {
    const members = new Map<string, unknown>();
    for (const [name, [member]] of parseDictionary(value)) members.set(name, member);
    return members;
  } catch {
    return undefined;
  }
}
