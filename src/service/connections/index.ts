export { ConnectionDrain } from './connection-drain.js';
export { limitServer } from './server-limits.js';
export type { RefusalLog } from './refuse-unparsed.js';
