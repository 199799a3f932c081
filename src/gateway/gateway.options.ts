import { OptionReader, anything, anyText, oneOf, texts, wholeNumber } from '../ground/index.js';
import type { GatewayRules } from './rules/index.js';

/** Options of `GatewayModule.forRoot()`: the rules, and what all of them have. */
export interface GatewayModuleOptions extends GatewayRules {
  /**
   * `observe`: every request is passed on untouched, and it is counted what would have become of it. What
   * rules say of where requests go, of headers, bounds and denials holds all the same.
   * @default 'on'
   */
  readonly mode?: 'on' | 'observe' | undefined;
  /**
   * Addresses and ranges of proxies whose `X-Forwarded-*` and `Forwarded` are believed, such as `10.0.0.0/8`.
   * @default none
   */
  readonly trustedProxies?: readonly string[] | undefined;
  /**
   * Folder for bodies that are too big for memory while several read them; without it each reader of such a
   * body has a call of its own.
   * @default none
   */
  readonly spillDirectory?: string | undefined;
  /** Most that the files there may take together, in bytes. @default 1_073_741_824 (1 GiB) */
  readonly spillMaxBytes?: number | undefined;
}

/** Makes the options, for `forRootAsync({ useClass })` and `useExisting`. */
export interface GatewayOptionsFactory {
  createGatewayOptions(): GatewayModuleOptions | Promise<GatewayModuleOptions>;
}

/** The rules are checked by what compiles them. */
export const GATEWAY_MODULE_OPTIONS = new OptionReader<GatewayModuleOptions>({
  to: anything,
  rules: anything,
  backends: anything,
  defaults: anything,
  purge: anything,
  trust: anything,
  host: anything,
  defaultFresh: anything,
  mode: oneOf('on', 'observe'),
  trustedProxies: texts,
  spillDirectory: anyText,
  spillMaxBytes: wholeNumber(1),
});
