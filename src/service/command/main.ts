import { createRequire } from 'node:module';
import { processEnvironment } from '../config/index.js';
import { runCommand } from './run-command.js';

// By the package's own name: this file is bundled, and moves.
const { version } = createRequire(import.meta.url)('breakwater/package.json') as {
  readonly version: string;
};

/** The service takes longer to load than all that does without it. */
const service = () => import('../start-service.js');

try {
  const { output, problem, exitCode } = await runCommand({
    args: process.argv.slice(2),
    env: processEnvironment(),
    version,
    serve: async (env) => (await service()).startService(env),
    explain: async (settings, request) =>
      (await import('./explain-request.js')).explainRequest(settings, request),
  });
  if (output !== undefined) process.stdout.write(output);
  if (problem !== undefined) process.stderr.write(problem);
  if (exitCode !== undefined) process.exitCode = exitCode;
} catch (error) {
  process.stderr.write(`${(await service()).explainStart(error)}\n`);
  process.exit(1);
}
