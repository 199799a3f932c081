import { expect } from '@jest/globals';
import type { Reply } from './http-client.js';

/** The exact bodies of the contract. */
export const UNAVAILABLE = '{"error":"backend unavailable"}';
export const TIMEOUT = '{"error":"backend timeout"}';
export const CIRCUIT_OPEN = '{"error":"circuit open"}';

/** What would tell a caller about our insides. */
const INSIDES =
  /\bat [^ ]+ \(|node_modules|\.[jt]s\b|127\.0\.0\.1|::1|localhost|ECONN|undici|axios/i;

/** A JSON error of ours: an `error` text, and nothing that tells of the inside. */
export function expectJsonError(
  reply: Pick<Reply, 'status' | 'headers' | 'text'>,
  status: number | readonly number[],
): void {
  expect([status].flat()).toContain(reply.status);
  expect(reply.headers['content-type']).toMatch(/^application\/json\b/);
  const body = JSON.parse(reply.text) as Record<string, unknown>;
  expect(typeof body['error']).toBe('string');
  expect(body['error']).not.toBe('');
  expect(reply.text).not.toMatch(INSIDES);
}

/** One of the contract's fixed answers. */
export function expectAnswer(reply: Reply | undefined, status: number, body: string): void {
  expect({ status: reply?.status, body: reply?.text }).toEqual({ status, body });
  expect(reply?.headers['content-type']).toMatch(/^application\/json\b/);
}
