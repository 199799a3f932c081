// Not through the index of config, which loads Nest.
import { ConfigurationError } from '../service/config/configuration.error.js';
import { parseSettings } from '../service/config/parse-settings.js';
import { processEnvironment } from '../service/config/process-environment.js';
import { boundOutput } from '../service/log/bound-output.js';
import { claimStdout } from './claim-stdout.js';
import { NodeConnection } from './node-connection.js';
import { nodeSettingsSchema } from './node-settings.js';
import { warnOnStderr } from './stderr.log.js';

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
