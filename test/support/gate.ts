export { gate } from '../../src/test-tools/index.js';
export type { Gate } from '../../src/test-tools/index.js';
