import { describe, expect, it } from '@jest/globals';
import { newCallIds, traceparentOf } from './call-ids.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

describe('the ids of a call', () => {
  it('are new for each, and make a traceparent of version 00', () => {
    const made = Array.from({ length: 1_000 }, () => newCallIds());
    expect(new Set(made.map(({ traceId }) => traceId)).size).toBe(1_000);
    expect(new Set(made.map(({ flightId }) => flightId)).size).toBe(1_000);
    for (const ids of made) {
      expect(traceparentOf(ids)).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/);
      expect(traceparentOf(ids)).toContain(`-${ids.traceId}-${ids.flightId}-`);
    }
  });

  it.each([
    [`00-${TRACE}-${SPAN}-01`, true],
    [`00-${TRACE}-${SPAN}-00`, false],
    // Flags that nobody knows yet say nothing of sampling.
    [`00-${TRACE}-${SPAN}-fe`, false],
    [`00-${TRACE}-${SPAN}-03`, true],
    [`01-${TRACE}-${SPAN}-01`, true],
    [`cc-${TRACE}-${SPAN}-01-what-the-future-brings`, true],
  ])('go on with the trace of %s, by a span of their own', (parent, sampled) => {
    const ids = newCallIds(parent);
    expect(ids).toEqual({ traceId: TRACE, flightId: expect.not.stringContaining(SPAN), sampled });
    expect(traceparentOf(ids)).toBe(`00-${TRACE}-${ids.flightId}-${sampled ? '01' : '00'}`);
  });

  it.each([
    undefined,
    '',
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-1`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE}-${SPAN}-01 `,
    ` 00-${TRACE}-${SPAN}-01`,
    `ff-${TRACE}-${SPAN}-01`,
    `0-${TRACE}-${SPAN}-01`,
    `01-${TRACE}-${SPAN}-01more`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.slice(1)}g-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-0x`,
    `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01\r\nx-injected: 1`,
    'x'.repeat(90_000),
    [`00-${TRACE}-${SPAN}-01`],
  ])('go on with no trace for %j', (parent) => {
    const ids = newCallIds(parent);
    expect(ids.traceId).not.toBe(TRACE);
    expect(traceparentOf(ids)).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/);
  });
});
