export { DiskTier } from './disk.tier.js';
export type { DiskTierOptions } from './disk-tier-options.interface.js';
