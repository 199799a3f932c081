import { ConfigurationError, parseSettings } from './config/index.js';

/** What a start that cannot succeed says: one message, no stack for what is not a defect. */
export function explainStart(error: unknown): string {
  if (error instanceof ConfigurationError) return error.message;
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') return `PORT is ${port}, which is in use; allowed: a free port`;
  if (code === 'EACCES') return `PORT is ${port}, which needs privileges; allowed: above 1023`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/**
 * Makes this process the service, or the primary of workers that are; what it is not is not loaded.
 *
 * @throws {ConfigurationError} when the environment is not usable, and what listening throws
 */
export async function serve(env: NodeJS.ProcessEnv): Promise<void> {
  if (parseSettings(env).WORKERS > 1) (await import('./workers/index.js')).startWorkers(env);
  else await (await import('./start-service.js')).startService(env);
}
