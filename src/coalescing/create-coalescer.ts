import { Coalescer } from './kernel/index.js';
import type { CoalescerOptions, CoalescerPorts } from './kernel/index.js';
import { SYSTEM_PORTS } from './system-ports.js';

/**
 * A coalescer for code without Nest, on the process's clock, timers, async contexts and diagnostics
 * channel; `ports` replaces any of them.
 *
 * @throws InvalidOptionError
 */
export function createCoalescer(
  name: string,
  options: CoalescerOptions = {},
  ports: Partial<CoalescerPorts> = {},
): Coalescer {
  return new Coalescer(name, options, { ...SYSTEM_PORTS, ...ports });
}
