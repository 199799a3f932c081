import {
  InvalidOptionError,
  LONGEST_TIMER_MS,
  OptionReader,
  rule,
  wholeNumber,
} from '../../ground/index.js';
import type { LeaseSettings } from './lease-settings.interface.js';

const DEFAULTS: Omit<LeaseSettings, 'heartbeatMs'> = {
  namespace: 'bw1',
  leaseMs: 5_000,
  ownerWatchMs: 250,
  patienceMs: 1_500,
  retryMs: 300,
  graceMs: 500,
  pollMs: 1_000,
  outcomeMs: 3_000,
  passMs: 30_000,
  fenceMs: 60_000,
  maxSharedBytes: 4 * 2 ** 20,
  maxKeepMs: 30 * 24 * 3_600_000,
  maxClaims: 100_000,
  maxOutboxEntries: 1_000,
  maxOutboxBytes: 64 * 2 ** 20,
};

/** What 32 bits of a stored value's header hold. */
const MAX_STORED_MS = 2 ** 32 - 1;

/** What keys and channels begin with. */
/** Milliseconds for which a sign of life is good. */
export const aLeaseMs = wholeNumber(30, 600_000);

export const aNamespace = rule(
  '1 to 32 letters, digits, dots, dashes or underscores',
  (value) => typeof value === 'string' && /^[\w.-]{1,32}$/.test(value),
);

export const LEASE_SETTINGS = new OptionReader<Partial<LeaseSettings>>({
  namespace: aNamespace,
  leaseMs: aLeaseMs,
  heartbeatMs: wholeNumber(10, 200_000),
  ownerWatchMs: wholeNumber(0, 60_000),
  patienceMs: wholeNumber(0, 600_000),
  retryMs: wholeNumber(0, 60_000),
  graceMs: wholeNumber(0, 60_000),
  pollMs: wholeNumber(10, 60_000),
  outcomeMs: wholeNumber(1, 2 * 600_000),
  passMs: wholeNumber(1, LONGEST_TIMER_MS),
  fenceMs: wholeNumber(60, LONGEST_TIMER_MS),
  maxSharedBytes: wholeNumber(1, 512 * 2 ** 20),
  maxKeepMs: wholeNumber(1, MAX_STORED_MS),
  maxClaims: wholeNumber(1),
  maxOutboxEntries: wholeNumber(1),
  maxOutboxBytes: wholeNumber(1),
});

/**
 * Applies defaults, checks each setting and how they relate, and freezes. An `undefined` setting
 * counts as absent.
 *
 * @param path where the settings stand in what the user wrote; quoted in errors
 * @throws {@link InvalidOptionError}
 */
export function resolveLeaseSettings(
  settings: Partial<LeaseSettings> = {},
  path = 'leases',
): LeaseSettings {
  LEASE_SETTINGS.check(settings, path);
  const resolved = LEASE_SETTINGS.read(settings, path, defaultsFor(settings));
  checkRelations(resolved, path);
  return Object.freeze(resolved);
}

/** What nobody gave never stands against what somebody gave. */
function defaultsFor({
  leaseMs = DEFAULTS.leaseMs,
  patienceMs = DEFAULTS.patienceMs,
}: Partial<LeaseSettings>): LeaseSettings {
  const { ownerWatchMs, graceMs, outcomeMs, fenceMs } = DEFAULTS;
  return {
    ...DEFAULTS,
    heartbeatMs: Math.floor(leaseMs / 3),
    ownerWatchMs: Math.min(ownerWatchMs, Math.ceil(leaseMs / 2) - 1),
    graceMs: Math.min(graceMs, leaseMs - 1),
    outcomeMs: Math.max(outcomeMs, 2 * patienceMs),
    fenceMs: Math.max(fenceMs, 2 * leaseMs),
  };
}

function checkRelations(settings: LeaseSettings, path: string): void {
  const { leaseMs, heartbeatMs, ownerWatchMs, patienceMs, graceMs, outcomeMs, fenceMs } = settings;
  const demand = (name: keyof LeaseSettings, holds: boolean, expected: string) => {
    if (!holds) throw new InvalidOptionError(`${path}.${name}`, settings[name], expected);
  };
  // Two heartbeats may be lost before the lease is.
  demand(
    'heartbeatMs',
    heartbeatMs * 3 <= leaseMs,
    `at most a third of ${path}.leaseMs (${leaseMs})`,
  );
  // A death is told by two looks; a lease that ends before them makes the watch useless.
  demand(
    'leaseMs',
    leaseMs > 2 * ownerWatchMs,
    `more than twice ${path}.ownerWatchMs (${ownerWatchMs})`,
  );
  // A leader whose lease lapsed with the store must have had its chance before anybody takes over.
  demand('graceMs', graceMs < leaseMs, `less than ${path}.leaseMs (${leaseMs})`);
  // Whoever was patient with the store must still find what the leader left there.
  demand('outcomeMs', outcomeMs > patienceMs, `more than ${path}.patienceMs (${patienceMs})`);
  demand('fenceMs', fenceMs >= 2 * leaseMs, `at least twice ${path}.leaseMs (${leaseMs})`);
}
