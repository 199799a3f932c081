import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { CIRCUIT_STATE_HEADER, RETRY_AFTER_HEADER } from './circuit-breaker.constants.js';
import { retryAfterSeconds } from './kernel/index.js';
import type { Refused } from './kernel/index.js';

/** The decision that the headers of a response tell. */
export type SealedDecision = Pick<Refused, 'state' | 'retryAfterMs'>;

type HeadersArgument = OutgoingHttpHeaders | readonly unknown[] | string | undefined;

const sealed = new WeakSet<ServerResponse>();

/**
 * Gives `response` the headers of the circuit, for good: whatever is set, copied or removed later,
 * by the handler or from what a backend sent, they are put right in the moment the head is written,
 * which every way of answering passes through. Errors (5xx) are marked `no-store`.
 */
export function sealCircuitHeaders(response: ServerResponse, decision: SealedDecision): void {
  if (response.headersSent || sealed.has(response)) return;
  sealed.add(response);
  applyHeaders(response, decision, response.statusCode);

  const writeHead = response.writeHead.bind(response) as (...head: unknown[]) => ServerResponse;
  response.writeHead = (status: number, ...rest: HeadersArgument[]): ServerResponse => {
    applyHeaders(response, decision, status);
    return writeHead(status, ...rest.map((argument) => withoutOwned(argument, status)));
  };
}

function applyHeaders(
  response: ServerResponse,
  { state, retryAfterMs }: SealedDecision,
  status: number,
): void {
  // A second writeHead is the caller's error, for Node to report.
  if (response.headersSent) return;
  response.setHeader(CIRCUIT_STATE_HEADER, state);
  if (retryAfterMs === undefined) response.removeHeader(RETRY_AFTER_HEADER);
  else response.setHeader(RETRY_AFTER_HEADER, String(retryAfterSeconds(retryAfterMs)));
  if (status >= 500) response.setHeader('Cache-Control', 'no-store');
}

/** Headers handed to `writeHead` itself, which would win over those set before. */
function withoutOwned(argument: HeadersArgument, status: number): unknown {
  if (typeof argument !== 'object') return argument;
  const isOwned = (name: unknown) => ownedNames(status).includes(String(name).toLowerCase());
  if (!Array.isArray(argument)) {
    return Object.fromEntries(Object.entries(argument).filter(([name]) => !isOwned(name)));
  }
  const flat: unknown[] = argument.flat();
  return flat.filter((_, index) => !isOwned(flat[index - (index % 2)]));
}

const OWNED = [CIRCUIT_STATE_HEADER.toLowerCase(), RETRY_AFTER_HEADER.toLowerCase()];
const OWNED_ON_ERROR = [...OWNED, 'cache-control'];

function ownedNames(status: number): readonly string[] {
  return status >= 500 ? OWNED_ON_ERROR : OWNED;
}
