import type { ServerResponse } from 'node:http';
import type { ArgumentsHost } from '@nestjs/common';

/** Node's own response, behind Fastify's reply or as Express extends it. */
export function rawResponseOf(host: ArgumentsHost): ServerResponse {
  const response = host.switchToHttp().getResponse<ServerResponse | { raw: ServerResponse }>();
  return 'raw' in response ? response.raw : response;
}
