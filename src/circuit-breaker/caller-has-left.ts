import type { ExecutionContext } from '@nestjs/common';
import { rawResponseOf } from './raw-response.js';

type Shape = Readonly<Record<string, unknown>>;

/** As `ws` counts: after 0 (connecting) and 1 (open) a socket is closing or closed. */
const OPEN = 1;

/**
 * Whether the caller of a handler is known to have gone: an HTTP client or one behind GraphQL that
 * closed its connection, a WebSocket that is disconnected, a gRPC call that was cancelled.
 */
export function callerHasLeft(context: ExecutionContext): boolean {
  switch (context.getType<string>()) {
    case 'http':
      return rawResponseOf(context).destroyed;
    case 'ws': {
      const { disconnected, readyState } = shapeOf(context.switchToWs().getClient());
      return disconnected === true || (typeof readyState === 'number' && readyState > OPEN);
    }
    case 'rpc':
      return context
        .getArgs<unknown[]>()
        .some((argument) => shapeOf(argument)['cancelled'] === true);
    default:
      return responseOfGraphql(context)['destroyed'] === true;
  }
}

/** Node's response behind the context of Apollo (`req`, `res`) or Mercurius (`reply`), if there is one. */
function responseOfGraphql(context: ExecutionContext): Shape {
  const { req, res, reply } = shapeOf(context.getArgByIndex(2));
  const response = shapeOf(res ?? reply ?? shapeOf(req)['res']);
  return shapeOf(response['raw'] ?? response);
}

function shapeOf(value: unknown): Shape {
  return typeof value === 'object' && value !== null ? (value as Shape) : {};
}
