import type { Writable } from 'node:stream';
// Not through the index of config, which loads Nest.
import { ConfigurationError } from '../service/config/configuration.error.js';
import { parseSettings } from '../service/config/parse-settings.js';
import { processEnvironment } from '../service/config/process-environment.js';
import { boundOutput } from '../service/log/bound-output.js';
import { NodeConnection } from './node-connection.js';
import { nodeSettingsSchema } from './node-settings.js';

/** How long output may take to leave after a signal, in milliseconds. */
const GRACE_MS = 1_000;

try {
  const output = claimStdout();
  boundOutput(process.stderr);
  const settings = parseSettings(processEnvironment(), nodeSettingsSchema);
  const connection = new NodeConnection({ input: process.stdin, output, warn: warnOnStderr });
  // A terminal that hangs up: what ends the node is the end of its input.
  process.on('SIGHUP', () => undefined);
  const signalled = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  }).then(() => {
    setTimeout(() => process.exit(0), GRACE_MS).unref();
  });

  // Nest takes longer to load than the network waits for its `init_ok`, which needs none of it.
  const [{ createNode }, { ServiceLogger }] = await Promise.all([
    import('./create-node.js'),
    import('../service/log/index.js'),
  ]);
  const node = await createNode({ settings, connection, logger: new ServiceLogger('info', false) });
  await node.listen();
  await Promise.race([connection.ended, signalled]);
  await node.close();
  process.exit(0);
} catch (error) {
  const expected = error instanceof ConfigurationError;
  const stack = error instanceof Error ? error.stack : undefined;
  process.stderr.write(`${expected ? error.message : (stack ?? String(error))}\n`);
  process.exit(1);
}

/**
 * Takes stdout for the protocol. From now on whoever else writes to `process.stdout` (Nest's logger, a
 * library's `console.log`) writes to stderr.
 */
function claimStdout(): Writable {
  const { stdout, stderr } = process;
  Object.defineProperty(process, 'stdout', { value: stderr, configurable: true });
  return stdout;
}

/** Logs before there is a logger, and for what needs none: in the form of the service's own lines. */
function warnOnStderr(message: string): void {
  const { pid } = process;
  const line = {
    level: 'warn',
    pid,
    timestamp: new Date().toISOString(),
    message,
    context: 'Connection',
  };
  process.stderr.write(`${JSON.stringify(line)}\n`);
}
