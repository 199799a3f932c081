export { beginEpochs } from './begin-epochs.js';
export { MachineMemory } from '../kernel/index.js';
export { MachineServer } from './machine-server.js';
export { MachineStore } from './machine-store.js';
