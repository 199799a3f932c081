export { GracefulStop } from './graceful-stop.js';
export { limitServer } from './server-limits.js';
export type { RefusalLog } from './refuse-unparsed.js';
