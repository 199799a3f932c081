// The door `breakwater/testing`: for the tests of those who write a tier, or want time to stand still.
export { tierContract, tierRecordOf } from './caching/contract/tier-contract.js';
export type { TierUnderTest, TestApi } from './caching/contract/tier-contract.js';
export { ManualClock } from './ground/manual-clock.js';
