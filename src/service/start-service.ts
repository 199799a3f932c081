import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { Logger } from '@nestjs/common';
import { LogEvent } from '../ground/index.js';
import { backendsBehind, inFrontOf, rulesOfGateway } from './backends-behind.js';
import { parseSettings } from './config/index.js';
import { createService } from './create-service.js';
import { boundOutput } from './log/index.js';
import type { MachineLink } from './workers/index.js';

/**
 * New connections that may wait to be taken in. Of a burst beyond Node's default of 511 the rest would
 * be tried again by TCP, a second and more later.
 */
const BACKLOG = 4_096;

/**
 * Makes this process the service: it serves until a signal stops it.
 *
 * @throws {ConfigurationError} when the environment is not usable, and what listening throws
 */
export async function startService(env: NodeJS.ProcessEnv): Promise<void> {
  // Of the parser of answers, which is WebAssembly, V8 makes optimised code after the first call of the
  // backend: half a second of a core and 20 MB. This has it wait for some hundred calls.
  setFlagsFromString('--wasm-tiering-budget=100000000');
  for (const output of [process.stdout, process.stderr]) boundOutput(output);
  const settings = parseSettings(env);
  // A terminal or a service manager that hangs up, or asks for a reload. A rule file hears of it by itself.
  process.on('SIGHUP', () => {
    if (settings.PROXY_RULES !== undefined) return;
    const words = 'SIGHUP changes nothing: SIGTERM stops the service';
    new Logger('Service').log(new LogEvent('service.no-reload', words));
  });

  const machine = await joined(env);
  const app = await createService({ env, ...(machine && { machine }) });
  // Nest waits for the requests in progress, then leaves by exit code 0 instead of by the signal.
  app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
  await app.init();
  const server = app.getHttpServer().listen({ port: settings.PORT, backlog: BACKLOG });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const backends = backendsBehind(settings, await rulesOfGateway(app, settings));
  const words = `Listening on port ${port}, ${inFrontOf(backends)}`;
  new Logger('Service').log(new LogEvent('service.listening', words, { port, backends }));
  machine?.ready();
}

/** The machine that this process is a worker of; loaded in such a one alone. */
async function joined(env: NodeJS.ProcessEnv): Promise<MachineLink | undefined> {
  const worker = env['BREAKWATER_WORKER'];
  if (worker === undefined || !process.connected) return undefined;
  const { MachineLink } = await import('./workers/index.js');
  return new MachineLink(Number(worker), parseSettings(env).REDIS_URL !== undefined).join();
}
