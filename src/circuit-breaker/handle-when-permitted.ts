import { from, mergeMap } from 'rxjs';
import type { Observable } from 'rxjs';
import { CircuitOpenError } from './kernel/index.js';

/**
 * Runs the handler if the other instances of a cluster agree to the probe; otherwise the request is
 * refused as any other that comes while another instance probes.
 */
export function handleWhenPermitted(
  permit: Promise<boolean>,
  circuit: string,
  handle: () => Observable<unknown>,
): Observable<unknown> {
  return from(permit).pipe(
    mergeMap((permitted) => {
      if (permitted) return handle();
      throw new CircuitOpenError(circuit, { state: 'half-open' });
    }),
  );
}
