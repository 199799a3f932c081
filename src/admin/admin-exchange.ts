import { STATUS_CODES } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { HttpException } from '@nestjs/common';

/** A request as Express (Node's own) or Fastify (a wrapper with `raw`) hands it out. */
export type AdminRequest = IncomingMessage & { readonly raw?: IncomingMessage; body?: unknown };

/** A response as Express (Node's own) or Fastify (a wrapper with `raw`) hands it out. */
export type AdminResponse = ServerResponse & { readonly raw?: ServerResponse };

/** Node's own request under either adapter. */
export function rawRequest(request: AdminRequest): IncomingMessage {
  return request.raw ?? request;
}

/** Node's own response under either adapter. */
export function rawResponse(response: AdminResponse): ServerResponse {
  return response.raw ?? response;
}

/** Header fields of an answer. */
export type Fields = Readonly<Record<string, string>>;

/** What the operator's API does not do, with all that its answer says. */
export class AdminRefusal extends HttpException {
  readonly code = 'BREAKWATER_ADMIN_REFUSAL';

  constructor(
    status: number,
    message: string,
    readonly fields: Fields = {},
  ) {
    super({ error: message }, status);
    this.message = message;
  }
}

/** No answer is kept anywhere, nor taken for what it is not. */
const EVERY_ANSWER: Fields = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' };

/** Answers in JSON. */
export function answerJson(
  response: AdminResponse,
  status: number,
  content: object,
  fields: Fields = {},
): void {
  answerBytes(response, status, Buffer.from(JSON.stringify(content, plain)), {
    ...fields,
    'Content-Type': 'application/json; charset=utf-8',
  });
}

/** Parts of keys and parameters may be numbers that JSON has none for. */
function plain(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}

/** Answers with `body`; Node leaves it out for HEAD. */
export function answerBytes(
  response: AdminResponse,
  status: number,
  body: Buffer,
  fields: Fields,
): void {
  const raw = rawResponse(response);
  if (raw.destroyed || raw.headersSent) return;
  raw.writeHead(status, { ...EVERY_ANSWER, ...fields, 'Content-Length': body.length });
  raw.end(body);
}

/** The head of an answer that goes on for as long as somebody reads. */
export function beginStream(response: AdminResponse, contentType: string): ServerResponse {
  const raw = rawResponse(response);
  // What stands between must not collect it (nginx reads the last one).
  const fields = { ...EVERY_ANSWER, 'Content-Type': contentType, 'X-Accel-Buffering': 'no' };
  raw.writeHead(200, fields);
  raw.flushHeaders();
  return raw;
}

/** Answers `error`, and tells nothing of one that is a defect, or somebody else's. */
export function answerError(response: AdminResponse, error: unknown): void {
  if (error instanceof AdminRefusal) {
    answerJson(response, error.getStatus(), error.getResponse() as object, error.fields);
    return;
  }
  const status = error instanceof HttpException ? error.getStatus() : 500;
  answerJson(response, status, { error: (STATUS_CODES[status] ?? 'error').toLowerCase() });
}

/** More does no request of this API say. */
export const MAX_BODY_BYTES = 16 * 1_024;

/**
 * The JSON object that a request brings. Where the application has read it already, that is taken.
 *
 * @throws {@link AdminRefusal} by 400, 413 or 415
 */
export async function jsonBodyOf(
  request: AdminRequest,
): Promise<Readonly<Record<string, unknown>>> {
  const raw = rawRequest(request);
  const { 'content-type': type = '', 'content-length': length = '0' } = raw.headers;
  if (!/^application\/json\s*(?:;|$)/i.test(type)) {
    throw new AdminRefusal(415, 'the body has to be application/json');
  }
  const { 'content-encoding': coding = 'identity' } = raw.headers;
  const [, charset = 'utf-8'] = /;\s*charset="?([^";\s]*)/i.exec(type) ?? [];
  if (!/^identity$/i.test(coding) || !/^(?:utf-8|us-ascii)$/i.test(charset)) {
    throw new AdminRefusal(415, 'the body has to be in UTF-8, and in no content coding');
  }
  if (Number(length) > MAX_BODY_BYTES) throw tooLarge();
  const content = request.body === undefined ? parsed(await bytesOf(raw)) : request.body;
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) {
    return content as Readonly<Record<string, unknown>>;
  }
  throw new AdminRefusal(400, 'the body has to be a JSON object');
}

/** What has come is thrown away with the connection: the rest of it would be taken for requests. */
function tooLarge(): AdminRefusal {
  return new AdminRefusal(413, `the body has more than ${MAX_BODY_BYTES} bytes`, {
    Connection: 'close',
  });
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    // Left to itself it would take the connection along, and with it the answer.
    for await (const piece of request.iterator({ destroyOnReturn: false })) {
      const bytes = piece as Buffer;
      length += bytes.length;
      if (length > MAX_BODY_BYTES) break;
      pieces.push(bytes);
    }
  } catch {
    throw new AdminRefusal(400, 'the body has not come whole');
  }
  if (length > MAX_BODY_BYTES) throw tooLarge();
  return Buffer.concat(pieces);
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch {
    throw new AdminRefusal(400, 'the body is not JSON');
  }
}
