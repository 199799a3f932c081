import { ConsoleLogger } from '@nestjs/common';
import type { LogLevel } from '@nestjs/common';

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

/** Nest's own logger: a JSON object a line on stdout, or coloured text on a terminal. */
export class ServiceLogger extends ConsoleLogger {
  constructor(level: Level, terminal: boolean) {
    const severity = LEVELS.findIndex(([name]) => name === level);
    super({
      json: !terminal,
      colors: terminal,
      logLevels: LEVELS.slice(0, severity + 1).map(([, nestLevel]) => nestLevel),
    });
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
    super.printAsJson(message, { ...options, writeStreamType: 'stdout' });
  }

  /** `LOG_LEVEL`'s own name for the level. */
  protected override getJsonLogObject(...described: Parameters<ConsoleLogger['getJsonLogObject']>) {
    const line = super.getJsonLogObject(...described);
    const name = LEVELS.find(([, nestLevel]) => nestLevel === line.level)?.[0];
    return { ...line, level: name as LogLevel };
  }
}
