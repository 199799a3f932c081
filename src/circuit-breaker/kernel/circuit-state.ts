/**
 * What callers are told about a circuit. An isolated circuit shows as `open`, one that is forced
 * closed as `closed`.
 */
export type CircuitState = 'closed' | 'open' | 'half-open';

/** {@link CircuitState} with the two states that only an operator can bring about told apart. */
export type CircuitMode = CircuitState | 'isolated' | 'forced-closed';
