/*
 * What errors and answers of HTTP clients and frameworks say about themselves, recognised by shape:
 * fetch, axios, undici, got, node:http and Nest's HttpException, none of which is imported.
 */

type Shape = Readonly<Record<string, unknown>>;

const TIMEOUT_CODES = new Set([
  'ETIMEDOUT',
  'ESOCKETTIMEDOUT',
  'ECONNABORTED', // axios, when its own timeout fires
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);
const ABORT_CODES = new Set(['ABORT_ERR', 'ERR_CANCELED', 'UND_ERR_ABORTED']);
const NETWORK_CODE =
  /^(E[A-Z]+|UND_ERR_\w+|HPE_\w+|CERT_\w+|ERR_(TLS|SSL|HTTP2|SOCKET|NETWORK)\w*)$/;

/** `value` if it may have properties to look at. */
export function shapeOf(value: unknown): Shape | undefined {
  return typeof value === 'object' && value !== null ? (value as Shape) : undefined;
}

/** Whether `error` is such a one, or its `cause` is, where fetch hides what really happened. */
function isOrHides(error: unknown, isSuch: (shape: Shape) => boolean): boolean {
  // Asked of each failure, several times: without a list of both.
  const shape = shapeOf(error);
  if (shape === undefined) return false;
  if (isSuch(shape)) return true;
  const cause = shapeOf(shape['cause']);
  return cause !== undefined && isSuch(cause);
}

function isStatus(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 100 && (value as number) <= 599;
}

function ownStatus(shape: Shape): number | undefined {
  const { status, statusCode, getStatus } = shape;
  if (isStatus(status)) return status;
  if (isStatus(statusCode)) return statusCode;
  if (typeof getStatus !== 'function') return undefined;
  const told: unknown = getStatus.call(shape);
  return isStatus(told) ? told : undefined;
}

/** What an RpcException or a WsException of Nest was made of; `undefined` for other errors. */
export function contentOf(error: unknown): Shape | undefined {
  const shape = shapeOf(error);
  const getError = shape?.['getError'];
  return typeof getError === 'function' ? shapeOf(getError.call(shape)) : undefined;
}

/** HTTP status that `error` carries itself, in its `response` or in its content. */
export function statusOfError(error: unknown): number | undefined {
  const shape = shapeOf(error);
  if (shape === undefined) return undefined;
  const response = shapeOf(shape['response']);
  const status = ownStatus(shape) ?? (response && ownStatus(response));
  if (status !== undefined) return status;
  const content = contentOf(shape);
  return content && ownStatus(content);
}

/** What `error` says it was caused by. */
export function causeOf(error: unknown): unknown {
  return shapeOf(error)?.['cause'];
}

/**
 * Whether `error` was thrown because of the status of an answer that is below 400, and not because
 * the answer could not be read: so do axios (redirects, 304, `validateStatus`) and whoever throws a
 * status of his own.
 */
export function isForItsStatus(error: unknown, status: number): boolean {
  const { code, message, getStatus } = shapeOf(error) ?? {};
  if (message === `Request failed with status code ${status}`) return true;
  // Otherwise axios says so of a body that was cut off or could not be parsed.
  if (code === 'ERR_BAD_RESPONSE') return status >= 500;
  return status >= 300 || (status >= 200 && typeof getStatus === 'function');
}

/**
 * Whether `error` is an answer that the application itself makes, as Nest's exceptions are, and not one
 * that it passes on: that one is its cause.
 */
export function isOwnAnswer(error: unknown): boolean {
  const shape = shapeOf(error);
  if (shape === undefined) return false;
  if (typeof shape['getStatus'] !== 'function' && typeof shape['getError'] !== 'function')
    return false;
  return statusOfError(causeOf(error)) === undefined;
}

/**
 * HTTP status of `answer`, if it is an HTTP answer: it has headers as well, so that a domain object
 * which happens to have a `status` is not mistaken for one.
 */
export function statusOfAnswer(answer: unknown): number | undefined {
  const shape = shapeOf(answer);
  return shape !== undefined && shapeOf(shape['headers']) ? ownStatus(shape) : undefined;
}

/** Milliseconds that the `Retry-After` of an answer, or of the answer in an error, asks for. */
export function retryAfterOf(outcome: unknown, nowMs: number): number | undefined {
  const shape = shapeOf(outcome);
  const headers = shapeOf(shape?.['headers']) ?? shapeOf(shapeOf(shape?.['response'])?.['headers']);
  if (headers === undefined) return undefined;
  const { get } = headers;
  const value: unknown =
    typeof get === 'function'
      ? get.call(headers, 'retry-after')
      : (headers['retry-after'] ?? headers['Retry-After']);
  return parseRetryAfter(value, nowMs);
}

/** Whether `error` says that somebody gave up waiting at a deadline. */
export function isTimeout(error: unknown): boolean {
  return isOrHides(error, saysTimeout);
}

function saysTimeout({ name, code }: Shape): boolean {
  return name === 'TimeoutError' || TIMEOUT_CODES.has(code as string);
}

/** Whether `error` says that the caller aborted the call. */
export function isAbort(error: unknown): boolean {
  return isOrHides(error, saysAbort);
}

function saysAbort({ name, code }: Shape): boolean {
  return name === 'AbortError' || ABORT_CODES.has(code as string);
}

/** Whether `error` comes from the network: refused, reset, not resolved, not understood. */
export function isNetwork(error: unknown): boolean {
  return isOrHides(error, saysNetwork);
}

function saysNetwork({ code }: Shape): boolean {
  return typeof code === 'string' && NETWORK_CODE.test(code);
}

/**
 * By how many milliseconds a timeout fired later than it was set to, if the error tells both its
 * nominal `timeoutMs` and the `elapsedMs` its timer really took.
 */
export function latenessOf(error: unknown): number | undefined {
  const shape = shapeOf(error);
  const timeoutMs = shape?.['timeoutMs'];
  const elapsedMs = shape?.['elapsedMs'];
  return typeof timeoutMs === 'number' && typeof elapsedMs === 'number'
    ? elapsedMs - timeoutMs
    : undefined;
}

/**
 * The `Retry-After` that stands for `retryAfterMs`: whole seconds (RFC 9110 section 10.2.3), rounded
 * up so that a client that waits so long is admitted, and never 0.
 */
export function retryAfterSeconds(retryAfterMs: number): number {
  return Math.max(1, Math.ceil(retryAfterMs / 1_000));
}

/**
 * Milliseconds that a `Retry-After` field value asks for: `delay-seconds` or an HTTP-date
 * (RFC 9110 section 10.2.3). A date that has passed is 0.
 * @param nowMs milliseconds since the Unix epoch, which a date is compared with
 * @returns `undefined` for anything else
 */
export function parseRetryAfter(value: unknown, nowMs: number): number | undefined {
  if (typeof value === 'number') return value >= 0 && value < Infinity ? value * 1_000 : undefined;
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  // Every HTTP-date starts with the name of a day; Date.parse alone takes almost anything.
  if (!/^(mon|tue|wed|thu|fri|sat|sun)/i.test(text)) return undefined;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}
