import type { Clock } from '../../../clock/index.js';
import { ConsecutivePolicy } from './consecutive-policy.js';
import { CountWindowPolicy } from './count-window-policy.js';
import type { ResolvedPolicyOptions } from './policy-options.js';
import { TimeWindowPolicy } from './time-window-policy.js';
import type { TripPolicy } from './trip-policy.js';

/** A policy with nothing counted yet, for a closed era that begins. */
export function createPolicy(options: ResolvedPolicyOptions, clock: Clock): TripPolicy {
  switch (options.kind) {
    case 'consecutive':
      return new ConsecutivePolicy(options.failures);
    case 'count-window':
      return new CountWindowPolicy(options);
    case 'time-window':
      return new TimeWindowPolicy(options, clock);
  }
}
