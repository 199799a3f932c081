// The door `breakwater/testing`: for the tests of those who build on this package. It loads no test runner.
export { tierContract, tierRecordOf } from './caching/contract/tier-contract.js';
export type { TierUnderTest, TestApi } from './caching/contract/tier-contract.js';
export { ManualClock } from './ground/manual-clock.js';
export { Counter, gate, ScriptedBackend } from './test-tools/index.js';
export type { Gate, ScriptedAnswer, ScriptedRequest } from './test-tools/index.js';
