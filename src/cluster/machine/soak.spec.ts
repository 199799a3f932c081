import { systemClock, systemScheduler } from '../../ground/index.js';
import { ClusterProcess } from '../testing/cluster-process.js';
import { describeSoak } from '../testing/soak.js';
import type { StoreTrouble } from '../testing/soak.js';
import { AttentiveClock, beginEpochs, MachineMemory, MachineServer } from './index.js';

/** Everything takes half as long: a lease of half a second, which a machine that is busy still keeps. */
const PACE = 0.5;
/** So long the primary hangs, in milliseconds: longer than a lease. */
const HANGS_MS = 800;

/** This process is the primary. */
const heard = new AttentiveClock(systemClock, systemScheduler);
const memory = new MachineMemory(systemClock, Infinity, heard);
const server = new MachineServer(memory);

function now(make: () => void, loses = false): StoreTrouble {
  return {
    make: (then) => {
      make();
      then();
    },
    loses,
  };
}

function hang(then: () => void): void {
  then();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, HANGS_MS);
}

describeSoak(
  'chaos on one machine',
  {
    open: () => beginEpochs(memory, 'bw1'),
    startProcess: (settings) => {
      return ClusterProcess.start({ settings, memory: true }, (connection) =>
        server.serve(connection),
      );
    },
    troubles: {
      'the store loses all': now(() => memory.flush(), true),
      'the store loses its epochs': now(() => memory.del('bw1:epochs')),
      'the primary hangs': { make: hang },
    },
    close: () => undefined,
  },
  PACE,
);
