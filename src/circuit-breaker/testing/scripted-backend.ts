import type { ServerResponse } from 'node:http';
import { BadGatewayException, Controller, Get, Injectable, Res } from '@nestjs/common';
import { UseCircuitBreaker } from '../index.js';
import { deferred } from './circuit-fixture.js';
import type { Deferred } from './circuit-fixture.js';

/** What the scripted backend answers. */
export interface ScriptedAnswer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A backend that does what the test says, and counts how often it is called. */
@Injectable()
export class ScriptedBackend {
  calls = 0;
  /** Tells a test that waits for it that a call has arrived. */
  arrived: Deferred<void> = deferred();
  private script: () => Promise<ScriptedAnswer> = () => Promise.resolve({ status: 200 });

  answers(answer: ScriptedAnswer): void {
    this.script = () => Promise.resolve(answer);
  }

  fails(): void {
    this.script = () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.7'));
  }

  /** Holds every further call until the returned barrier is settled. */
  holds(): Deferred<ScriptedAnswer> {
    const barrier = deferred<ScriptedAnswer>();
    this.arrived = deferred();
    this.script = () => barrier.promise;
    return barrier;
  }

  async call(): Promise<ScriptedAnswer> {
    this.calls += 1;
    this.arrived.resolve();
    const answer = await this.script();
    if (answer.status >= 500) throw new Error(`backend said ${answer.status}`);
    return answer;
  }
}

/** A proxy as the service has it: it answers by itself, and copies whatever the backend sent. */
@Controller('resource')
@UseCircuitBreaker('resource')
export class ProxyController {
  constructor(private readonly backend: ScriptedBackend) {}

  @Get()
  async get(@Res() response: ServerResponse | { raw: ServerResponse }): Promise<void> {
    const raw = 'raw' in response ? response.raw : response;
    const answer = await this.backend.call().catch((cause: unknown) => {
      throw new BadGatewayException({ error: 'backend unavailable' }, { cause });
    });
    if (raw.destroyed) return;
    raw.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    raw.end(answer.body ?? '{"from":"backend"}');
  }
}
