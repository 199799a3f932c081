import { inspect } from 'node:util';
import { ConsoleLogger } from '@nestjs/common';
import type { LogLevel } from '@nestjs/common';
import { LogEvent } from '../../ground/index.js';
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

const ONE_LINE = { breakLength: Infinity };

/**
 * Nest's own logger: a JSON object a line on stdout, or coloured text on a terminal. The lines of
 * requests, one for each, go a shorter way to the same stream.
 */
export class ServiceLogger extends ConsoleLogger {
  /** What the lines of requests may be given to directly: there is one for each request. */
  readonly requests = {
    log: (line: RequestLine): void => {
      if (this.batches) this.addRequest('log', line);
      else this.log(line.summary, REQUEST_CONTEXT);
    },
    warn: (line: RequestLine): void => {
      if (this.batches) this.addRequest('warn', line);
      else this.warn(line.summary, REQUEST_CONTEXT);
    },
  };
  private readonly lines = new LineBatch((text) => process.stdout.write(text));
  private readonly batches: boolean;
  private lastMs = 0;
  private lastText = '';

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

  /** On a terminal what happened is told in its words alone. */
  protected override stringifyMessage(
    ...[message, level]: Parameters<ConsoleLogger['stringifyMessage']>
  ): string {
    return super.stringifyMessage(message instanceof LogEvent ? message.message : message, level);
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

  private addRequest(level: 'log' | 'warn', line: RequestLine): void {
    if (!this.isLevelEnabled(level)) return;
    const head = level === 'log' ? '{"level":"info",' : '{"level":"warn",';
    this.lines.add(`${head}${this.origin()}${line.toText(REQUEST_CONTEXT)}}\n`);
  }

  /** Who says it, and when, by ISO 8601; made once a millisecond. */
  private origin(): string {
    const now = Date.now();
    if (now !== this.lastMs) {
      this.lastMs = now;
      this.lastText = `"pid":${process.pid},"timestamp":"${new Date(now).toISOString()}",`;
    }
    return this.lastText;
  }

  /** `LOG_LEVEL`'s own name for the level, a message that is text, and the rest in fields of their own. */
  protected override getJsonLogObject(...described: Parameters<ConsoleLogger['getJsonLogObject']>) {
    const { level, pid, timestamp, message, ...line } = super.getJsonLogObject(...described);
    const name = LEVELS.find(([, nestLevel]) => nestLevel === level)?.[0];
    return {
      level: name as LogLevel,
      pid,
      timestamp: new Date(timestamp).toISOString() as unknown as number,
      ...textAndFields(message),
      ...line,
    };
  }
}

/** What was said, as a text, and the members of what is more than that. */
function textAndFields(said: unknown): { readonly message: string } {
  if (typeof said === 'string') return { message: said };
  if (typeof said !== 'object' || said === null) return { message: String(said) };
  const { message } = said as { message?: unknown };
  return { ...said, message: typeof message === 'string' ? message : inspect(said, ONE_LINE) };
}
