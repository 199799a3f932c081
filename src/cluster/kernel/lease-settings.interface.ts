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
  readonly ownerWatchMs: number;
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
