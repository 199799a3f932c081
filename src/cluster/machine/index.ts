export { beginEpochs } from './begin-epochs.js';
export { AttentiveClock, MachineMemory } from '../kernel/index.js';
export { MachineServer } from './machine-server.js';
export { MachineStore } from './machine-store.js';
