import type { IncomingMessage, ServerResponse } from 'node:http';

/** A request as Express (the Node request itself) or Fastify (a wrapper with `raw`) hands it out. */
export type AdapterRequest = IncomingMessage & { readonly raw?: IncomingMessage };

/** A response as Express (the Node response itself) or Fastify (a wrapper with `raw`) hands it out. */
export type AdapterResponse = ServerResponse & { readonly raw?: ServerResponse };

/** Node's own request under either adapter. */
export function rawRequest(request: AdapterRequest): IncomingMessage {
  return request.raw ?? request;
}

/** Node's own response under either adapter. */
export function rawResponse(response: AdapterResponse): ServerResponse {
  return response.raw ?? response;
}
