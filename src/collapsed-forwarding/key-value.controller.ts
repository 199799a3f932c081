import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { ForwardingService } from './forwarding.service.js';
import type { JsonText } from './json-text.js';
import { keyOf, requiredMember } from './key-of.js';
import type { Body } from './message.js';
import type { Reply } from './reply.js';

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
