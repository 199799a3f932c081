export { MachineLink } from './machine-link.js';
export { startWorkers } from './primary.js';
export { WorkersHealth, WorkersModule } from './workers.module.js';
