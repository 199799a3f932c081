import { describe, it } from '@jest/globals';
import { MapTier } from '../testing/map-tier.js';
import { tierContract } from './tier-contract.js';

tierContract('a map', { makeTier: () => new MapTier() }, { describe, it });
