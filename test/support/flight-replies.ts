import { expect } from '@jest/globals';
import type { PendingReply, Reply } from './http-client.js';

export function repliesOf(pending: readonly PendingReply[]): Promise<Reply[]> {
  return Promise.all(pending.map(({ reply }) => reply));
}

/** What every answer of one flight has in common: all but the moment and the request's own id. */
export function shared({ status, headers, text }: Reply): unknown {
  return { status, headers: { ...headers, date: '', 'x-request-id': '' }, text };
}

export function expectAllTheSame(replies: readonly Reply[]): void {
  expect(new Set(replies.map((reply) => JSON.stringify(shared(reply)))).size).toBe(1);
}
