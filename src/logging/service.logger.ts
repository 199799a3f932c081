import { ConsoleLogger } from '@nestjs/common';
import type { LogLevel } from '@nestjs/common';
import { LineBatch } from './line-batch.js';
import type { RequestLine } from './request-line.js';

/** What `LOG_LEVEL` may be, the most severe first, with Nest's name for it. */
const LEVELS = [
  ['fatal', 'fatal'],
  ['error', 'error'],
  ['warn', 'warn'],
  ['info', 'log'],
  ['debug', 'debug'],
  ['verbose', 'verbose'],
] as const satisfies readonly (readonly [string, LogLevel])[];

type Level = (typeof LEVELS)[number][0];

/** Where Nest reports how it puts the application together: of interest to its developers. */
const ASSEMBLY = new Set<unknown>([
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'RouterExplorer',
  'RoutesResolver',
]);

const REQUEST_CONTEXT = 'Http';

/**
 * Nest's own logger: a JSON object a line on stdout, or coloured text on a terminal. The lines of
 * requests, one for each, go a shorter way to the same stream.
 */
export class ServiceLogger extends ConsoleLogger {
  /** What the lines of requests may be given to directly: there is one for each request. */
  readonly requests = {
    log: (line: RequestLine): void => {
      if (this.batches) this.logRequest(line);
      else this.log(line, REQUEST_CONTEXT);
    },
    warn: (line: RequestLine): void => {
      this.warn(line, REQUEST_CONTEXT);
    },
  };
  private readonly lines = new LineBatch((text) => process.stdout.write(text));
  private readonly batches: boolean;

  constructor(level: Level, terminal: boolean) {
    const severity = LEVELS.findIndex(([name]) => name === level);
    super({
      json: !terminal,
      colors: terminal,
      logLevels: LEVELS.slice(0, severity + 1).map(([, nestLevel]) => nestLevel),
    });
    this.batches = !terminal;
  }

  override log(message: unknown, ...optional: unknown[]): void {
    if (ASSEMBLY.has(optional.at(-1))) this.debug(message, ...optional);
    else super.log(message, ...optional);
  }

  /** Everything goes to stdout: one stream keeps the order, and JSON lines carry their level. */
  protected override printAsJson(
    message: unknown,
    options: Parameters<ConsoleLogger['printAsJson']>[1],
  ): void {
    // In order.
    this.lines.flush();
    super.printAsJson(message, { ...options, writeStreamType: 'stdout' });
  }

  private logRequest(line: RequestLine): void {
    if (!this.isLevelEnabled('log')) return;
    this.lines.add(
      `{"level":"info","pid":${process.pid},"timestamp":${Date.now()},"message":${line.toText()},"context":"${REQUEST_CONTEXT}"}\n`,
    );
  }

  /** `LOG_LEVEL`'s own name for the level. */
  protected override getJsonLogObject(...described: Parameters<ConsoleLogger['getJsonLogObject']>) {
    const line = super.getJsonLogObject(...described);
    const name = LEVELS.find(([, nestLevel]) => nestLevel === line.level)?.[0];
    return { ...line, level: name as LogLevel };
  }
}
