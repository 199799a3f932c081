import { ConsoleLogger } from '@nestjs/common';
import type { LogLevel } from '@nestjs/common';

/** What `LOG_LEVEL` may be, the least severe last, with Nest's name for it. */
const LEVELS = [
  ['fatal', 'fatal'],
  ['error', 'error'],
  ['warn', 'warn'],
  ['info', 'log'],
  ['debug', 'debug'],
  ['verbose', 'verbose'],
] as const satisfies readonly (readonly [string, LogLevel])[];

type Level = (typeof LEVELS)[number][0];

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

  /** Everything goes to stdout: one stream keeps the order, and JSON lines carry their level. */
  protected override printAsJson(
    message: unknown,
    options: Parameters<ConsoleLogger['printAsJson']>[1],
  ): void {
    super.printAsJson(message, { ...options, writeStreamType: 'stdout' });
  }
}
