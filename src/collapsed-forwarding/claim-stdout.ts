import type { Writable } from 'node:stream';

/**
 * Takes stdout for the protocol. From now on whoever else writes to `process.stdout` (Nest's logger, a
 * library's `console.log`) writes to stderr.
 */
export function claimStdout(): Writable {
  const { stdout, stderr } = process;
  Object.defineProperty(process, 'stdout', { value: stderr, configurable: true });
  return stdout;
}
