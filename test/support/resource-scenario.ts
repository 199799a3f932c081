import { beforeEach, expect } from '@jest/globals';
import { ManualClock } from '../../src/ground/manual-clock.js';
import type { Platform } from './describe-on-each.js';
import { CIRCUIT_OPEN, expectAnswer, UNAVAILABLE } from './errors.js';
import { gate, type Gate } from './gate.js';
import type { PendingReply, Reply } from './http-client.js';
import { Fixtures, type RunningService, type StartOptions } from './running-service.js';
import { RESOURCE, type Answer, type ScriptedBackend } from './scripted-backend.js';

export const PATH = '/api/resource';
export const COOLDOWN_MS = 5_000;
export const FAILS: Answer = { status: 500, body: 'the secret of the backend' };
export const WORKS: Answer = { body: 'it works' };

type State = 'closed' | 'open' | 'half-open';

export function expectServed(
  reply: Reply | undefined,
  state: State,
  body = 'it works',
  status = 200,
): void {
  expect({ status: reply?.status, state: reply?.headers['x-circuit-state'] }).toEqual({
    status,
    state,
  });
  expect(reply?.text).toBe(body);
  expect(reply?.headers).not.toHaveProperty('retry-after');
}

export function expectFailed(reply: Reply | undefined, state: State): void {
  expectAnswer(reply, 502, UNAVAILABLE);
  expect(reply?.headers['x-circuit-state']).toBe(state);
  expect(reply?.headers['cache-control']).toBe('no-store');
  expect(reply?.headers).not.toHaveProperty('retry-after');
}

export function expectRefused(reply: Reply | undefined, state: State, retryAfter?: string): void {
  expectAnswer(reply, 503, CIRCUIT_OPEN);
  expect(reply?.headers['x-circuit-state']).toBe(state);
  expect(reply?.headers['retry-after']).toBe(retryAfter);
  expect(reply?.headers['cache-control']).toBe('no-store');
}

/** A request that has reached the backend and waits there for its answer. */
export interface InFlight {
  readonly pending: PendingReply;
  readonly opens: Gate;
}

/** Lets the backend answer. */
export function finish({ pending, opens }: InFlight): Promise<Reply> {
  opens.open();
  return pending.reply;
}

/** `/api/resource` on a clock that the test moves: a service and a backend, new for each test. */
export class ResourceScenario {
  backend!: ScriptedBackend;
  clock!: ManualClock;
  service!: RunningService;
  private readonly fixtures: Fixtures;

  constructor(platform: Platform) {
    this.fixtures = new Fixtures(platform);
    beforeEach(async () => {
      this.backend = await this.fixtures.backend();
      this.backend.on(RESOURCE, WORKS);
      this.clock = new ManualClock();
      await this.startService({ clock: this.clock });
    });
  }

  /** A service in place of the one there is, with other settings. */
  async startService(options: StartOptions): Promise<void> {
    this.service = await this.fixtures.service(this.backend, options);
  }

  readonly get = (headers?: Record<string, string>): Promise<Reply> =>
    this.service.get(PATH, { headers });

  /** One request after the other, with these answers of the backend. */
  readonly getWith = async (...answers: Answer[]): Promise<Reply[]> => {
    const replies: Reply[] = [];
    for (const answer of answers) {
      this.backend.on(RESOURCE, answer);
      replies.push(await this.get());
    }
    return replies;
  };

  /** Three failures; each says 502 and closed. */
  readonly open = async (): Promise<void> => {
    for (const reply of await this.getWith(FAILS, FAILS, FAILS)) expectFailed(reply, 'closed');
  };

  readonly inFlight = async (answer: Answer): Promise<InFlight> => {
    const opens = gate();
    this.backend.on(RESOURCE, { ...answer, gate: opens });
    const calls = this.backend.calls(RESOURCE);
    const pending = this.service.start(PATH);
    await this.backend.waitForCalls(RESOURCE, calls + 1);
    return { pending, opens };
  };
}
