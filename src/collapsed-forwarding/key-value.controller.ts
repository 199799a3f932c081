import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { canonicalJson } from './canonical-json.js';
import { ForwardingService } from './forwarding.service.js';
import type { JsonText } from './json-text.js';
import { ErrorCode } from './message.js';
import type { Body, Reply } from './message.js';
import { MAX_KEY_DEPTH, MAX_KEY_LENGTH } from './node-settings.js';
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

/** The requests that the node serves, by their type. */
@Controller()
export class KeyValueController {
  constructor(private readonly forwarding: ForwardingService) {}

  @MessagePattern('read')
  async read(@Payload() body: Body): Promise<Reply> {
    return { type: 'read_ok', members: { value: await this.forwarding.read(keyOf(body)) } };
  }

  /** `read` by its other name. */
  @MessagePattern('get')
  async get(@Payload() body: Body): Promise<Reply> {
    return { type: 'get_ok', members: { value: await this.forwarding.read(keyOf(body)) } };
  }

  @MessagePattern('write')
  async write(@Payload() body: Body): Promise<Reply> {
    const key = keyOf(body);
    await this.forwarding.forward('write', key, { value: forwarded(body, 'value') });
    return { type: 'write_ok', members: {} };
  }

  @MessagePattern('cas')
  async cas(@Payload() body: Body): Promise<Reply> {
    const key = keyOf(body);
    await this.forwarding.forward('cas', key, {
      from: forwarded(body, 'from'),
      to: forwarded(body, 'to'),
      ...(body.has(CREATE) && { [CREATE]: forwarded(body, CREATE) }),
    });
    return { type: 'cas_ok', members: {} };
  }
}

const CREATE = 'create_if_not_exists';

/** As it came. A carriage return between tokens would end our line for some readers. */
function forwarded(body: Body, name: string): JsonText {
  return requiredMember(body, name).replaceAll('\r', '');
}
