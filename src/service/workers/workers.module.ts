import { Global, Inject, Injectable, Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { up } from '../../ground/index.js';
import type { HealthResult } from '../../ground/index.js';
import type { MachineLink } from './machine-link.js';

const MACHINE = 'breakwater:service:machine';

/** How the workers are doing. */
export interface WorkersReport {
  readonly wanted: number;
  readonly running: number;
}

/** The same, with what helps an operator. */
export interface FullWorkersReport extends WorkersReport {
  /** Who says so. */
  readonly answeredBy: number;
  readonly died: number;
  readonly members: readonly { readonly worker: number; readonly pid: number }[];
}

/** Says in `/health` how the workers are doing. Always up: who answers can serve. */
@Injectable()
export class WorkersHealth {
  constructor(@Inject(MACHINE) private readonly machine: MachineLink) {}

  brief(): HealthResult<'workers', 'up', WorkersReport> {
    const { wanted, running } = this.state;
    return up('workers', { wanted, running: running.length });
  }

  check(): HealthResult<'workers', 'up', FullWorkersReport> {
    const { wanted, running, died } = this.state;
    const { worker: answeredBy } = this.machine;
    return up('workers', { wanted, running: running.length, answeredBy, died, members: running });
  }

  private get state() {
    // Before the primary has said anything: this one.
    const { state, worker } = this.machine;
    return state ?? { wanted: 1, running: [{ worker, pid: process.pid }], died: 0 };
  }
}

/** The machine of which the service is one of several workers. */
@Global()
@Module({})
export class WorkersModule {
  static of(machine: MachineLink): DynamicModule {
    return {
      module: WorkersModule,
      providers: [{ provide: MACHINE, useValue: machine }, WorkersHealth],
      exports: [WorkersHealth],
    };
  }
}
