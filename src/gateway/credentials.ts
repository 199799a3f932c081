import type { IncomingHttpHeaders } from 'node:http';

/**
 * Fields that say who asks, beside `Authorization` and `Cookie`, of which alone HTTP knows: keys and tokens of
 * APIs, and what a proxy that has let somebody in says of him. A backend that goes by them answers that one, and
 * many say nothing of it in their answers.
 */
const BESIDE_AUTHORIZATION = [
  ...['x-api-key', 'api-key', 'apikey', 'x-goog-api-key', 'x-functions-key'],
  ...['x-auth-token', 'x-access-token', 'x-session-token', 'x-amz-security-token'],
  ...['private-token', 'x-vault-token', 'ocp-apim-subscription-key'],
  ...['x-forwarded-user', 'x-forwarded-email', 'x-auth-request-user', 'x-remote-user'],
  ...['x-goog-iap-jwt-assertion', 'cf-access-jwt-assertion', 'x-amzn-oidc-data'],
] as const;

/** All fields by which a request may say who asks, but for cookies, in lower case. */
export const CREDENTIALS: readonly string[] = ['authorization', ...BESIDE_AUTHORIZATION];

/** Whether a request says who asks in a field, other than `Cookie`, that its key does not cover. */
export function saysWhoAsks(
  headers: IncomingHttpHeaders,
  keyed: readonly string[],
  among: readonly string[] = CREDENTIALS,
): boolean {
  for (const name of among) {
    if (headers[name] !== undefined && !keyed.includes(name)) return true;
  }
  return false;
}
