import { lookup } from 'node:dns';
import type { LookupAddress, LookupOptions } from 'node:dns';

type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  addresses: string | LookupAddress[],
  family?: number,
) => void;

/** Tried in this order, the next one at once when one refuses. */
const LOOPBACK: readonly LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/**
 * Resolves `localhost` to both loopback addresses (RFC 6761, section 6.3) without asking: where the
 * hosts file names one alone, a backend that binds the other would be out of reach. Every other name
 * is the resolver's.
 */
export function loopbackLookup(
  hostname: string,
  options: LookupOptions,
  callback: LookupCallback,
): void {
  if (hostname === 'localhost' && options.all) callback(null, [...LOOPBACK]);
  else lookup(hostname, options, callback);
}
