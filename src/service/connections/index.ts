export { ConnectionDrain } from './connection-drain.js';
export { refuseMalformed } from './refuse-malformed.js';
export { limitServer } from './server-limits.js';
export type { RefusalLog } from './refuse-unparsed.js';
