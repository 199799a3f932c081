import type { ServerResponse } from 'node:http';
import { rawResponse } from './http-types.js';
import type { AdapterResponse } from './http-types.js';

/**
 * Node's own response, ready for an answer. Fastify keeps what guards, interceptors and CORS set on its
 * wrapper until it answers itself; who answers in its place has to bring that along.
 */
export function responseToWrite(response: AdapterResponse): ServerResponse {
  const raw = rawResponse(response);
  if (raw === response || raw.headersSent) return raw;
  for (const [name, value] of Object.entries(response.getHeaders())) {
    if (value !== undefined) raw.setHeader(name, value);
  }
  return raw;
}
