import { createRequire } from 'node:module';
import { processEnvironment } from '../config/index.js';
import { explainStart, serve } from '../serve.js';
import { runCommand } from './run-command.js';

// By the package's own name: this file is bundled, and moves.
const { version } = createRequire(import.meta.url)('breakwater/package.json') as {
  readonly version: string;
};

try {
  const { output, problem, exitCode } = await runCommand({
    args: process.argv.slice(2),
    env: processEnvironment(),
    version,
    serve,
    explain: async (settings, request) =>
      (await import('./explain-request.js')).explainRequest(settings, request),
  });
  if (output !== undefined) process.stdout.write(output);
  if (problem !== undefined) process.stderr.write(problem);
  if (exitCode !== undefined) process.exitCode = exitCode;
} catch (error) {
  process.stderr.write(`${explainStart(error)}\n`);
  process.exit(1);
}
