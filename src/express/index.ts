export { StableExpressAdapter } from './stable-express.adapter.js';
export type { HttpServerOptions } from './stable-express.adapter.js';
