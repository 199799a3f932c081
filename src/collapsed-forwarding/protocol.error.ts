import { RpcException } from '@nestjs/microservices';

/** A request ends with an `error` message of the protocol. */
export class ProtocolError extends RpcException {
  constructor(
    /** One of the protocol's codes, or of the origin's own. */
    readonly code: number,
    /** For people. */
    readonly text: string | undefined,
  ) {
    super({ code, text });
  }
}
