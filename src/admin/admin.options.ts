import type { IncomingMessage } from 'node:http';
import type { CanActivate, Type } from '@nestjs/common';
import {
  InvalidOptionError,
  OptionReader,
  RUNTIME_RULES,
  callback,
  listOf,
  objectWith,
  rule,
  text,
  wholeNumber,
} from '../ground/index.js';
import type { Clock, Scheduler } from '../ground/index.js';
import type { CircuitOrder } from './admin-orders.js';
import type { TargetExplainer } from './explanation.js';

/** Shorter ones can be guessed. */
export const MIN_TOKEN_LENGTH = 16;

/** What fits into a header, and is not taken apart there. */
const TOKEN = /^[\x21-\x7e]{16,1024}$/;

/** Options of `AdminModule.forRoot()`. */
export interface AdminModuleOptions {
  /**
   * What requests show as `Authorization: Bearer …`: 16 to 1024 printable ASCII characters. Left out only
   * where there is a `guard`.
   */
  readonly token?: string | undefined;
  /** What the application is called in the snapshot. @default 'application' */
  readonly name?: string | undefined;
  /** Its version. @default '' */
  readonly version?: string | undefined;
  /** Most readers of the stream at once; one more gets 503. @default 16 */
  readonly maxStreams?: number | undefined;
  /** Who can say what would become of a request, beside the routes of `RoutesModule`. @default nobody */
  readonly explainers?: readonly TargetExplainer[] | undefined;
  /** The id by which an action is logged. @default a valid `X-Request-Id` of the request */
  readonly requestId?: ((request: IncomingMessage) => string | undefined) | undefined;
  /**
   * Does to a circuit what an operator orders, in all processes that serve as one: this one as well. Resolves
   * with whether any of them has it. @default it is done in this process alone
   */
  readonly steer?: ((order: CircuitOrder) => Promise<boolean>) | undefined;
  /** Where time is read. @default the process's clock */
  readonly clock?: Clock | undefined;
  /** Where timers are set. @default the process's timers */
  readonly scheduler?: Scheduler | undefined;
}

/** Makes the options, for `forRootAsync({ useClass })` and `useExisting`. */
export interface AdminOptionsFactory {
  createAdminOptions(): AdminModuleOptions | Promise<AdminModuleOptions>;
}

export const ADMIN_MODULE_OPTIONS = new OptionReader<AdminModuleOptions>({
  // By `demandToken`: it is a secret, and not to be quoted.
  token: { check: (value) => demandToken(value) },
  name: text,
  version: rule('text', (value) => typeof value === 'string'),
  maxStreams: wholeNumber(1, 1_000),
  explainers: listOf(objectWith('explain')),
  requestId: callback,
  steer: callback,
  clock: RUNTIME_RULES.clock,
  scheduler: RUNTIME_RULES.scheduler,
});

function demandToken(value: unknown): void {
  if (typeof value === 'string' && TOKEN.test(value)) return;
  const found = typeof value === 'string' ? `a text of ${value.length} characters` : typeof value;
  const expected = `${MIN_TOKEN_LENGTH} to 1024 printable ASCII characters without spaces`;
  throw new InvalidOptionError('admin.token', `(${found})`, expected);
}

/**
 * What stands beside the options, in `forRoot()` as in `forRootAsync()`, since Nest has to know it before
 * any of them is made.
 */
export interface AdminModuleExtras {
  /** Path of all routes, below the application's own prefix. @default 'admin' */
  readonly path?: string | undefined;
  /**
   * Decides who may come in, in place of the token. What it injects has to be global, or exported by what
   * `imports` name.
   */
  readonly guard?: Type<CanActivate> | undefined;
}

const PATH = /^[\w~.-]+(?:\/[\w~.-]+)*$/;

export const ADMIN_MODULE_EXTRAS = new OptionReader<AdminModuleExtras>({
  path: rule("a path such as 'admin' or 'ops/breakwater'", (value) => PATH.test(String(value))),
  guard: rule('a class with canActivate()', (value) => {
    const { prototype } = Object(value) as { readonly prototype?: Partial<CanActivate> };
    return typeof prototype?.canActivate === 'function';
  }),
});

/** Checks what stands beside the options. @throws InvalidOptionError */
export function demandExtras({ path, guard }: AdminModuleExtras, call: string): void {
  ADMIN_MODULE_EXTRAS.check({ path, guard }, call);
}
