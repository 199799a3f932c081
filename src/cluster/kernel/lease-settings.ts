import {
  InvalidOptionError,
  LONGEST_TIMER_MS,
  OptionReader,
  rule,
  wholeNumber,
} from '../../ground/index.js';

/** How a process takes part in a cluster. Durations are in milliseconds. */
export interface LeaseSettings {
  /** First part of every key and channel; clusters that share a store differ in it. @default 'bw1' */
  readonly namespace: string;
  /** How long a lease lives without a sign of life of its leader. @default 5_000 */
  readonly leaseMs: number;
  /** How often leaders of slow calls show that they live. @default a third of `leaseMs` */
  readonly heartbeatMs: number;
  /**
   * How often the processes that are waited for are looked at; 0 leaves dead ones to their lease.
   * @default 250, or less than half of a shorter `leaseMs`
   */
  readonly peerWatchMs: number;
  /** How long those who wait for a leader keep waiting when the store goes away. @default 1_500 */
  readonly patienceMs: number;
  /** How long a new request waits for a connection that was lost a moment ago. @default 300 */
  readonly retryMs: number;
  /**
   * After a reconnection: how long nobody takes a key over, for the living to assert what they lead.
   * @default 500, or less than a shorter `leaseMs`
   */
  readonly graceMs: number;
  /** Longest sleep of a waiting process that no message wakes. @default 1_000 */
  readonly pollMs: number;
  /**
   * How long an outcome that is not to be kept is there for those who waited.
   * @default 3_000, or twice a longer `patienceMs`
   */
  readonly outcomeMs: number;
  /** How long nobody waits for a key whose answers could not be shared. @default 30_000 */
  readonly passMs: number;
  /**
   * How long a late result is recognised at least; twice the longest flight if that is longer.
   * @default 60_000, or twice a longer `leaseMs`
   */
  readonly fenceMs: number;
  /** Larger payloads are not shared. @default 4_194_304 */
  readonly maxSharedBytes: number;
  /** Longest time for which a value is kept; longer ones are cut. @default 2_592_000_000, 30 days */
  readonly maxKeepMs: number;
  /** Claims under way in this process at once; beyond it each is on its own. @default 100_000 */
  readonly maxClaims: number;
  /** Results kept for a store that is away. @default 1_000 */
  readonly maxOutboxEntries: number;
  /** Bytes of these results. @default 67_108_864 */
  readonly maxOutboxBytes: number;
}

const DEFAULTS: Omit<LeaseSettings, 'heartbeatMs'> = {
  namespace: 'bw1',
  leaseMs: 5_000,
  peerWatchMs: 250,
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
  peerWatchMs: wholeNumber(0, 60_000),
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
  const { peerWatchMs, graceMs, outcomeMs, fenceMs } = DEFAULTS;
  return {
    ...DEFAULTS,
    heartbeatMs: Math.floor(leaseMs / 3),
    peerWatchMs: Math.min(peerWatchMs, Math.ceil(leaseMs / 2) - 1),
    graceMs: Math.min(graceMs, leaseMs - 1),
    outcomeMs: Math.max(outcomeMs, 2 * patienceMs),
    fenceMs: Math.max(fenceMs, 2 * leaseMs),
  };
}

function checkRelations(settings: LeaseSettings, path: string): void {
  const { leaseMs, heartbeatMs, peerWatchMs, patienceMs, graceMs, outcomeMs, fenceMs } = settings;
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
    leaseMs > 2 * peerWatchMs,
    `more than twice ${path}.peerWatchMs (${peerWatchMs})`,
  );
  // A leader whose lease lapsed with the store must have had its chance before anybody takes over.
  demand('graceMs', graceMs < leaseMs, `less than ${path}.leaseMs (${leaseMs})`);
  // Whoever was patient with the store must still find what the leader left there.
  demand('outcomeMs', outcomeMs > patienceMs, `more than ${path}.patienceMs (${patienceMs})`);
  demand('fenceMs', fenceMs >= 2 * leaseMs, `at least twice ${path}.leaseMs (${leaseMs})`);
}
