import { describe, expect, it, jest } from '@jest/globals';
import { circuitStateOf } from './support/circuit-state.js';
import { describeOnEach } from './support/describe-on-each.js';
import { gate } from './support/gate.js';
import {
  COOLDOWN_MS,
  expectFailed,
  expectRefused,
  expectServed,
  FAILS,
  finish,
  PATH,
  ResourceScenario,
  WORKS,
} from './support/resource-scenario.js';
import { RESOURCE, type Answer } from './support/scripted-backend.js';

// A busy machine is no failure; what hangs is named by its own barrier long before.
jest.setTimeout(180_000);

describeOnEach('GET /api/resource', (platform) => {
  const circuit = new ResourceScenario(platform);
  const { get, getWith, open, inFlight } = circuit;

  describe('the table', () => {
    it('closed, success: 200, the backend’s body, closed', async () => {
      const body = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
      circuit.backend.on(RESOURCE, { body, headers: { 'Content-Type': 'image/x-odd' } });
      const reply = await get();
      expect([reply.status, reply.headers['x-circuit-state']]).toEqual([200, 'closed']);
      expect(reply.headers['content-type']).toBe('image/x-odd');
      expect(reply.body.equals(body)).toBe(true);
      expect(reply.headers).not.toHaveProperty('retry-after');
      expect(circuit.backend.lastOf(RESOURCE)).toMatchObject({
        method: 'GET',
        url: '/backend/resource',
      });
    });

    it('closed, failure: 502, closed', async () => {
      const [reply] = await getWith(FAILS);
      expectFailed(reply, 'closed');
      expect(circuit.backend.calls(RESOURCE)).toBe(1);
    });

    it('open: 503, open, Retry-After, the backend not called', async () => {
      await open();
      expectRefused(await get(), 'open', '5');
      expect(circuit.backend.calls(RESOURCE)).toBe(3);
    });

    it('half-open, the probe succeeds: 200, the backend’s body, half-open', async () => {
      await open();
      circuit.clock.advance(COOLDOWN_MS);
      circuit.backend.on(RESOURCE, WORKS);
      expectServed(await get(), 'half-open');
    });

    it('half-open, the probe fails: 502, half-open', async () => {
      await open();
      circuit.clock.advance(COOLDOWN_MS);
      expectFailed(await get(), 'half-open');
      expect(circuit.backend.calls(RESOURCE)).toBe(4);
    });

    it('half-open, any other: 503, half-open, no Retry-After, the backend not called', async () => {
      await open();
      circuit.clock.advance(COOLDOWN_MS);
      const probe = await inFlight(WORKS);
      expectRefused(await get(), 'half-open');
      expectServed(await finish(probe), 'half-open');
      expect(circuit.backend.calls(RESOURCE)).toBe(4);
    });
  });

  describe('closed', () => {
    it('forwards every request: no coalescing, no cache, no retry', async () => {
      const opens = gate();
      circuit.backend.on(RESOURCE, { ...WORKS, gate: opens });
      const pending = await circuit.service.burst(20, () => PATH);
      await circuit.backend.waitForCalls(RESOURCE, 20);
      opens.open();
      for (const { reply } of pending) expectServed(await reply, 'closed');
      await get();
      expect(circuit.backend.calls(RESOURCE)).toBe(21);
    });

    it('sends nothing of the caller, neither headers nor query string', async () => {
      await circuit.service.get(`${PATH}?a=1`, {
        headers: {
          authorization: 'Bearer x',
          cookie: 'a=b',
          'if-none-match': '*',
          range: 'bytes=0-',
        },
      });
      const seen = circuit.backend.lastOf(RESOURCE);
      expect(seen.url).toBe('/backend/resource');
      for (const name of ['authorization', 'cookie', 'if-none-match', 'range']) {
        expect(seen.headers).not.toHaveProperty(name);
      }
    });

    it('30 concurrent failures open it', async () => {
      const opens = gate();
      circuit.backend.on(RESOURCE, { ...FAILS, gate: opens });
      const pending = await circuit.service.burst(30, () => PATH);
      await circuit.backend.waitForCalls(RESOURCE, 30);
      opens.open();
      for (const { reply } of pending) expectFailed(await reply, 'closed');
      expectRefused(await get(), 'open', '5');
      expect(circuit.backend.calls(RESOURCE)).toBe(30);
    });

    it.each([1, 2, 5])('needs CIRCUIT_FAILURE_THRESHOLD=%i failures to open', async (threshold) => {
      await circuit.startService({
        clock: circuit.clock,
        env: { CIRCUIT_FAILURE_THRESHOLD: String(threshold) },
      });
      for (const reply of await getWith(...Array<Answer>(threshold).fill(FAILS))) {
        expectFailed(reply, 'closed');
      }
      expectRefused(await get(), 'open', '5');
    });
  });

  it('1. the third failing response says 502 and closed, the next request 503, open, 5', async () => {
    const [first, second, third] = await getWith(FAILS, FAILS, FAILS);
    for (const reply of [first, second, third]) expectFailed(reply, 'closed');
    expectRefused(await get(), 'open', '5');
    expectRefused(await get(), 'open', '5');
    expect(circuit.backend.calls(RESOURCE)).toBe(3);
  });

  describe('2. what is counted', () => {
    it('a success resets the count to 0', async () => {
      await getWith(FAILS, FAILS, WORKS, FAILS, FAILS);
      expectServed((await getWith(WORKS))[0], 'closed');
      await open();
      expectRefused(await get(), 'open', '5');
    });

    it('failures count in the order in which they complete', async () => {
      const early = await inFlight(WORKS);
      await getWith(FAILS, FAILS);
      // Asked first, answered last: it comes after two failures and clears them.
      expectServed(await finish(early), 'closed');
      await open();
      expectRefused(await get(), 'open', '5');
    });

    it('a failure that completes after the opening changes nothing', async () => {
      const late = await inFlight(FAILS);
      await open();
      circuit.clock.advance(3_000);
      expectFailed(await finish(late), 'closed');
      expectRefused(await get(), 'open', '2');
      circuit.clock.advance(2_000);
      circuit.backend.on(RESOURCE, WORKS);
      expectServed(await get(), 'half-open');
    });

    it('a success that completes after the opening does not close it', async () => {
      const late = await inFlight(WORKS);
      await open();
      circuit.clock.advance(1_000);
      expectServed(await finish(late), 'closed');
      expectRefused(await get(), 'open', '4');
    });

    it('refusals change nothing, however many', async () => {
      await open();
      circuit.clock.advance(1_000);
      for (const { reply } of await circuit.service.burst(50, () => PATH)) {
        expectRefused(await reply, 'open', '4');
      }
      circuit.clock.advance(4_000);
      circuit.backend.on(RESOURCE, WORKS);
      expectServed(await get(), 'half-open');
    });

    it.each<[string, Answer]>([
      ['success', WORKS],
      ['failure', FAILS],
    ])('a late %s of the closed era decides nothing while a probe is out', async (_, answer) => {
      const late = await inFlight(answer);
      await open();
      circuit.clock.advance(COOLDOWN_MS);
      const probe = await inFlight(WORKS);
      expect((await finish(late)).headers['x-circuit-state']).toBe('closed');
      expectRefused(await get(), 'half-open');
      expectServed(await finish(probe), 'half-open');
      circuit.backend.on(RESOURCE, WORKS);
      expectServed(await get(), 'closed');
    });

    it('a failure of an earlier closed era does not count in this one', async () => {
      const late = await inFlight(FAILS);
      await open();
      circuit.clock.advance(COOLDOWN_MS);
      await getWith(WORKS);
      await getWith(FAILS, FAILS);
      expectFailed(await finish(late), 'closed');
      expectServed((await getWith(WORKS))[0], 'closed');
    });

    it('a success of an earlier closed era does not clear the count of this one', async () => {
      const late = await inFlight(WORKS);
      await open();
      circuit.clock.advance(COOLDOWN_MS);
      await getWith(WORKS);
      await getWith(FAILS, FAILS);
      expectServed(await finish(late), 'closed');
      await getWith(FAILS);
      expectRefused(await get(), 'open', '5');
    });
  });

  describe('3. Retry-After', () => {
    it.each([
      [0, '5'],
      [1, '5'],
      [999, '5'],
      [1_000, '4'],
      [1_000.5, '4'],
      [3_999, '2'],
      [4_000, '1'],
      [4_999, '1'],
      [4_999.999, '1'],
    ])('%d ms after the opening', async (elapsed, seconds) => {
      await open();
      circuit.clock.advance(elapsed);
      expectRefused(await get(), 'open', seconds);
    });

    it.each([
      ['1', '1'],
      ['999', '1'],
      ['1000', '1'],
      ['1001', '2'],
      ['2500', '3'],
      ['60000', '60'],
      ['86400000', '86400'],
    ])('with a cooldown of %s ms is %s seconds at first', async (cooldown, seconds) => {
      await circuit.startService({ clock: circuit.clock, env: { CIRCUIT_COOLDOWN_MS: cooldown } });
      await open();
      expectRefused(await get(), 'open', seconds);
    });

    it('is never more than the cooldown, whatever the fraction the clock stands at', async () => {
      // `openedAt + cooldown - now` yields 5000.000000000001 at such moments, and 6 seconds.
      circuit.clock.advance(2 ** 21 / 3);
      for (const fraction of [0.1, 0.2, 0.3, 1 / 3, 0.7, 0.9]) {
        circuit.clock.advance(fraction);
        await circuit.startService({ clock: circuit.clock });
        await open();
        expectRefused(await get(), 'open', '5');
      }
    });

    it('is kept: a client that waits so long is admitted', async () => {
      await open();
      circuit.clock.advance(1_234.5);
      const { headers } = await get();
      circuit.clock.advance(Number(headers['retry-after']) * 1_000);
      circuit.backend.on(RESOURCE, WORKS);
      expectServed(await get(), 'half-open');
    });
  });

  describe('4. the probe', () => {
    it('is the first request at elapsed = cooldown, and not a millisecond before', async () => {
      await open();
      circuit.backend.on(RESOURCE, WORKS);
      circuit.clock.advance(COOLDOWN_MS - 1);
      expectRefused(await get(), 'open', '1');
      circuit.clock.advance(1);
      expectServed(await get(), 'half-open');
    });

    it('is one of 50 that arrive together; the others are refused at once', async () => {
      await open();
      circuit.clock.advance(COOLDOWN_MS);
      const opens = gate();
      circuit.backend.on(RESOURCE, { ...WORKS, gate: opens });
      const answered: number[] = [];
      const pending = await circuit.service.burst(50, () => PATH);
      const replies = pending.map(async ({ reply }) => {
        const settled = await reply;
        answered.push(settled.status);
        return settled;
      });
      await Promise.race(replies);
      await circuit.service.fence();
      expect(answered).toEqual(Array(49).fill(503));
      opens.open();
      const all = await Promise.all(replies);
      const served = all.filter((reply) => reply.status === 200);
      expect(served).toHaveLength(1);
      served.forEach((reply) => {
        expectServed(reply, 'half-open');
      });
      for (const reply of all) if (reply.status !== 200) expectRefused(reply, 'half-open');
      expect(circuit.backend.calls(RESOURCE)).toBe(4);
    });

    it('is not held up by requests that were refused before it', async () => {
      await open();
      await circuit.service.burst(20, () => PATH);
      circuit.clock.advance(60 * 60_000);
      circuit.backend.on(RESOURCE, WORKS);
      expectServed(await get(), 'half-open');
      expectServed(await get(), 'closed');
    });
  });

  describe('5. its verdict', () => {
    it('success closes with count 0: three new failures are needed', async () => {
      await open();
      circuit.clock.advance(COOLDOWN_MS);
      expectServed((await getWith(WORKS))[0], 'half-open');
      await open();
      expectRefused(await get(), 'open', '5');
    });

    it('failure opens at once, with a full cooldown from the failure', async () => {
      await open();
      circuit.clock.advance(COOLDOWN_MS);
      const probe = await inFlight(FAILS);
      circuit.clock.advance(2_000);
      expectFailed(await finish(probe), 'half-open');
      expectRefused(await get(), 'open', '5');
      circuit.clock.advance(COOLDOWN_MS - 1);
      expectRefused(await get(), 'open', '1');
      circuit.clock.advance(1);
      expectServed((await getWith(WORKS))[0], 'half-open');
    });

    it('failure after failure keeps it open, a probe each cooldown', async () => {
      await open();
      for (let probes = 1; probes <= 4; probes += 1) {
        circuit.clock.advance(COOLDOWN_MS);
        expectFailed(await get(), 'half-open');
        expectRefused(await get(), 'open', '5');
        expect(circuit.backend.calls(RESOURCE)).toBe(3 + probes);
      }
    });
  });

  describe('6. a probe without verdict', () => {
    it('gives its place back when its client leaves: the next request is the probe', async () => {
      await open();
      circuit.clock.advance(COOLDOWN_MS);
      for (let aborted = 1; aborted <= 3; aborted += 1) {
        const { pending } = await inFlight({});
        pending.leave();
        await circuit.backend.waitForAborted(RESOURCE, aborted);
        await circuit.service.fence();
        expect(await circuitStateOf(circuit.service)).toBe('half-open');
      }
      circuit.backend.on(RESOURCE, WORKS);
      expectServed(await get(), 'half-open');
      expectServed(await get(), 'closed');
    });

    it('that hangs is ended by BACKEND_TIMEOUT_MS, and is a failure', async () => {
      await circuit.startService({ clock: circuit.clock, env: { BACKEND_TIMEOUT_MS: '100' } });
      await open();
      circuit.clock.advance(COOLDOWN_MS);
      circuit.backend.on(RESOURCE, { hang: true });
      expectFailed(await get(), 'half-open');
      expectRefused(await get(), 'open', '5');
    });

    it.each<[string, Answer]>([
      ['success', WORKS],
      ['failure', FAILS],
    ])('loses its place in time, and its late %s changes nothing', async (_, answer) => {
      await circuit.startService({ clock: circuit.clock, env: { BACKEND_TIMEOUT_MS: '60000' } });
      await open();
      circuit.clock.advance(COOLDOWN_MS);
      const lost = await inFlight(answer);
      expectRefused(await get(), 'half-open');
      circuit.clock.advance(600_000);
      const second = await inFlight(WORKS);
      expectRefused(await get(), 'half-open');
      expect((await finish(lost)).headers['x-circuit-state']).toBe('half-open');
      expectRefused(await get(), 'half-open');
      expectServed(await finish(second), 'half-open');
      circuit.backend.on(RESOURCE, WORKS);
      expectServed(await get(), 'closed');
    });

    it('that was lost does not close what its successor has opened', async () => {
      await circuit.startService({ clock: circuit.clock, env: { BACKEND_TIMEOUT_MS: '60000' } });
      await open();
      circuit.clock.advance(COOLDOWN_MS);
      const lost = await inFlight(WORKS);
      circuit.clock.advance(600_000);
      expectFailed((await getWith(FAILS))[0], 'half-open');
      circuit.clock.advance(1_000);
      expectServed(await finish(lost), 'half-open');
      expectRefused(await get(), 'open', '4');
    });
  });
});
