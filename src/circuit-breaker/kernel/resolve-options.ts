import type {
  CircuitBreakerOptions,
  ResolvedCircuitBreakerOptions,
} from './circuit-breaker-options.interface.js';
import { CircuitOptionsError } from './circuit-options-error.js';
import type { BackoffOptions } from './cooldown.js';
import { OptionReader } from './option-reader.js';
import { resolvePolicy } from './policies/resolve-policy.js';

const KNOWN: readonly (keyof CircuitBreakerOptions)[] = [
  'policy',
  'cooldownMs',
  'backoff',
  'maxRetryAfterMs',
  'probes',
  'successesToClose',
  'probeTimeoutMs',
  'rampMs',
  'timeoutToleranceMs',
  'clientErrors',
  'classifier',
  'evidenceSize',
  'shared',
  'shadow',
];

/** Options that were resolved once, so that thousands of circuits can share one frozen object. */
const resolvedBefore = new WeakSet<object>();

/**
 * Checks, completes and freezes the options of a circuit.
 * @param path what the options are called in errors
 * @throws CircuitOptionsError quoting the path and the value that cannot work
 */
export function resolveOptions(
  given: CircuitBreakerOptions,
  path = 'options',
): ResolvedCircuitBreakerOptions {
  if (resolvedBefore.has(given)) return given as ResolvedCircuitBreakerOptions;
  const read = new OptionReader<CircuitBreakerOptions>(given, path, KNOWN);
  const cooldownMs = read.duration('cooldownMs', 5_000, 1);
  const resolved = Object.freeze<ResolvedCircuitBreakerOptions>({
    policy: resolvePolicy(given.policy ?? { kind: 'consecutive' }, read.at('policy')),
    cooldownMs,
    backoff: given.backoff && resolveBackoff(given.backoff, cooldownMs, read.at('backoff')),
    maxRetryAfterMs: read.duration('maxRetryAfterMs', 0, 0),
    probes: read.count('probes', 1, 1),
    successesToClose: read.count('successesToClose', 1, 1),
    probeTimeoutMs: read.duration('probeTimeoutMs', 10_000, 1),
    rampMs: read.duration('rampMs', 0, 0),
    timeoutToleranceMs:
      given.timeoutToleranceMs === false ? Infinity : read.duration('timeoutToleranceMs', 100, 0),
    clientErrors: resolveClientErrors(given.clientErrors, read.at('clientErrors')),
    classifier: resolveClassifier(given.classifier, read.at('classifier')),
    evidenceSize: read.count('evidenceSize', 16, 0),
    shared: read.flag('shared'),
    shadow: resolveShadow(given, read.at('shadow')),
  });
  resolvedBefore.add(resolved);
  return resolved;
}

function resolveBackoff(
  backoff: BackoffOptions,
  cooldownMs: number,
  path: string,
): Required<BackoffOptions> {
  const read = new OptionReader<BackoffOptions>(backoff, path, ['factor', 'maxMs', 'decayMs']);
  const maxMs = read.duration('maxMs', NaN, cooldownMs);
  return Object.freeze({
    factor: read.above('factor', 2, 1),
    maxMs,
    decayMs: read.duration('decayMs', maxMs, 1),
  });
}

function resolveClientErrors(
  given: CircuitBreakerOptions['clientErrors'],
  path: string,
): ResolvedCircuitBreakerOptions['clientErrors'] {
  const value: unknown = given ?? 'success';
  if (value === 'success' || value === 'neutral') return value;
  throw new CircuitOptionsError(path, "'success' or 'neutral'", value);
}

function resolveClassifier(
  given: CircuitBreakerOptions['classifier'],
  path: string,
): ResolvedCircuitBreakerOptions['classifier'] {
  const rules = given ?? {};
  for (const rule of ['error', 'answer'] as const) {
    const value: unknown = rules[rule];
    if (value !== undefined && typeof value !== 'function') {
      throw new CircuitOptionsError(`${path}.${rule}`, 'a function', value);
    }
  }
  return Object.freeze({ error: rules.error?.bind(rules), answer: rules.answer?.bind(rules) });
}

function resolveShadow(
  live: CircuitBreakerOptions,
  path: string,
): ResolvedCircuitBreakerOptions | undefined {
  const { shadow, ...rest } = live;
  if (shadow === undefined) return undefined;
  if ('shadow' in shadow) {
    throw new CircuitOptionsError(`${path}.shadow`, 'left out', shadow.shadow);
  }
  return resolveOptions({ ...rest, ...shadow }, path);
}
