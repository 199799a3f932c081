import type { ServerResponse } from 'node:http';
import type { ArgumentsHost } from '@nestjs/common';
import { CIRCUIT_STATE_HEADER, RETRY_AFTER_HEADER } from './circuit-breaker.tokens.js';
import { retryAfterSeconds } from './kernel/index.js';
import type { Refused } from './kernel/index.js';

/** Node's own response, behind Fastify's reply or as Express extends it. */
export function rawResponseOf(host: ArgumentsHost): ServerResponse {
  const response = host.switchToHttp().getResponse<ServerResponse | { raw: ServerResponse }>();
  return 'raw' in response ? response.raw : response;
}

/** The decision that the headers of a response tell. */
export type SealedDecision = Pick<Refused, 'state' | 'retryAfterMs'>;

type HeadersArgument = Readonly<Record<string, number | string | string[]>> | readonly unknown[];

/** What `writeHead` takes after the status: a message, headers, or both. */
type HeadArgument = HeadersArgument | string | null | undefined;

const DECISION = Symbol('breakwater:circuit-decision');
const WRITE_HEAD = Symbol('breakwater:write-head');

/** A response with the decision on it: a weak map would cost the garbage collector, for each response. */
type Sealed = ServerResponse & {
  [DECISION]?: SealedDecision;
  /** As it was before. */
  [WRITE_HEAD]?: (status: number, ...rest: HeadArgument[]) => ServerResponse;
};

/**
 * Gives `response` the headers of the circuit, for good: whatever is set, copied or removed later,
 * by the handler or from what a backend sent, they are put right in the moment the head is written,
 * which every way of answering passes through. Errors (5xx) are marked `no-store`.
 */
export function sealCircuitHeaders(response: Sealed, decision: SealedDecision): void {
  if (response.headersSent || response[DECISION]) return;
  response[DECISION] = decision;
  applyDecision(response, decision, response.statusCode);
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called on the response
  response[WRITE_HEAD] = response.writeHead as NonNullable<Sealed[typeof WRITE_HEAD]>;
  response.writeHead = writeSealedHead as ServerResponse['writeHead'];
}

/** In place of `writeHead` of a response that is sealed; one for all of them. */
function writeSealedHead(this: Sealed, status: number, ...rest: HeadArgument[]): ServerResponse {
  const decision = this[DECISION] as SealedDecision;
  const writeHead = this[WRITE_HEAD] as NonNullable<Sealed[typeof WRITE_HEAD]>;
  // A second head is the caller's error, for Node to report.
  if (this.headersSent) return writeHead.call(this, status, ...rest);
  for (const headers of rest) {
    if (typeof headers === 'object' && headers !== null) applyHeaders(this, headers);
  }
  applyDecision(this, decision, status);
  return writeHead.call(this, status, ...rest.filter((argument) => typeof argument === 'string'));
}

function applyDecision(
  response: ServerResponse,
  { state, retryAfterMs }: SealedDecision,
  status: number,
): void {
  response.setHeader(CIRCUIT_STATE_HEADER, state);
  if (retryAfterMs === undefined) response.removeHeader(RETRY_AFTER_HEADER);
  else response.setHeader(RETRY_AFTER_HEADER, String(retryAfterSeconds(retryAfterMs)));
  if (status >= 500) response.setHeader('Cache-Control', 'no-store');
}

/** Headers that `writeHead` was given, as Node takes them: an object, a list, a list of pairs. */
function applyHeaders(response: ServerResponse, headers: HeadersArgument): void {
  if (!isList(headers)) {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    return;
  }
  const flat = (isList(headers[0]) ? headers.flat() : headers) as string[];
  const names = flat.filter((_, at) => at % 2 === 0);
  for (const name of names) response.removeHeader(name);
  names.forEach((name, at) => response.appendHeader(name, flat[2 * at + 1] ?? ''));
}

function isList(headers: unknown): headers is readonly unknown[] {
  return Array.isArray(headers);
}
