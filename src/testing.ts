// The door `breakwater/testing`: for the tests of those who write a tier, or want time to stand still.
export { tierContract } from './caching/contract/tier-contract.js';
export type { TierUnderTest } from './caching/contract/tier-contract.js';
export type { TestApi } from './caching/contract/test-api.js';
export { tierRecordOf } from './caching/contract/tier-record-of.js';
export { ManualClock } from './ground/manual-clock.js';
