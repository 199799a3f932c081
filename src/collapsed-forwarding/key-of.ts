import { canonicalJson } from './canonical-json.js';
import { MAX_KEY_DEPTH, MAX_KEY_LENGTH } from './collapsed-forwarding.constants.js';
import { ErrorCode } from './error-code.js';
import type { JsonText } from './json-text.js';
import type { Body } from './message.js';
import { ProtocolError } from './protocol.error.js';

/**
 * The key of a request, in its canonical form: what the cache knows it by and what the origin is asked
 * for, so that the two cannot disagree about which keys are one.
 *
 * @throws {@link ProtocolError} malformed-request, where there is none or it is beyond the bounds
 */
export function keyOf(body: Body): JsonText {
  const text = requiredMember(body, 'key');
  if (text.length > MAX_KEY_LENGTH) {
    throw malformed(`the key is longer than ${MAX_KEY_LENGTH} characters`);
  }
  try {
    return canonicalJson(text, MAX_KEY_DEPTH);
  } catch {
    throw malformed(`the key is nested deeper than ${MAX_KEY_DEPTH} levels`);
  }
}

/** A member that the request cannot do without; `null` is a value like any other. */
export function requiredMember(body: Body, name: string): JsonText {
  const text = body.get(name);
  if (text === undefined) throw malformed(`the request has no ${name}`);
  return text;
}

function malformed(text: string): ProtocolError {
  return new ProtocolError(ErrorCode.MalformedRequest, text);
}
