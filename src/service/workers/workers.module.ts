import { Global, Inject, Injectable, Module } from '@nestjs/common';
import type { DynamicModule, OnApplicationBootstrap } from '@nestjs/common';
import type { CircuitOrder } from '../../admin/index.js';
import { CircuitBreakerService } from '../../circuit-breaker/index.js';
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

/** Does to the circuits of this worker what an operator orders, whichever worker he has asked. */
@Injectable()
export class SteeredCircuits implements OnApplicationBootstrap {
  constructor(
    @Inject(MACHINE) private readonly machine: Pick<MachineLink, 'steered' | 'steeredBefore'>,
    @Inject(CircuitBreakerService)
    private readonly circuits: Pick<CircuitBreakerService, 'all' | 'allKeyed' | 'circuit'>,
  ) {}

  /** All circuits have been declared by then. */
  onApplicationBootstrap(): void {
    for (const order of this.machine.steeredBefore) this.steer(order, true);
    this.machine.steered = (order, make) => this.steer(order, make);
  }

  private steer({ circuit: name, action }: CircuitOrder, make: boolean): boolean {
    const { circuits } = this;
    const known = [...circuits.all(), ...circuits.allKeyed()].find((each) => each.name === name);
    // One by key belongs to whoever has come with it.
    const circuit = known ?? (make && !name.endsWith(']') ? circuits.circuit(name) : undefined);
    if (action === 'isolate') circuit?.isolate();
    else if (action === 'force-closed') circuit?.forceClosed();
    else circuit?.release();
    return circuit !== undefined;
  }
}

/** The machine of which the service is one of several workers. */
@Global()
@Module({})
export class WorkersModule {
  static of(machine: MachineLink): DynamicModule {
    return {
      module: WorkersModule,
      providers: [{ provide: MACHINE, useValue: machine }, WorkersHealth, SteeredCircuits],
      exports: [WorkersHealth],
    };
  }
}
