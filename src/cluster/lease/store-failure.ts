import { StoreCommandError } from '../store/store-command.error.js';
import { StoreUnavailableError } from '../store/store-unavailable.error.js';

/** Answers of a store that is about to be itself again: loading, failing over, moving slots. */
const PASSING = new Set([
  'BUSY',
  'CLUSTERDOWN',
  'LOADING',
  'MASTERDOWN',
  'NOREPLICAS',
  'READONLY',
  'TRYAGAIN',
]);

/**
 * What the failure of a command means: the store is `away` and may come back, it is `full`, or it
 * refuses the command for good.
 */
export function storeFailure(error: unknown): 'away' | 'full' | 'refused' {
  if (error instanceof StoreUnavailableError) return 'away';
  if (!(error instanceof StoreCommandError)) return 'refused';
  if (error.kind === 'OOM') return 'full';
  return PASSING.has(error.kind) ? 'away' : 'refused';
}
