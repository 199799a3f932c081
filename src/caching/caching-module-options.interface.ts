import type { Clock, Scheduler } from '../clock/index.js';
import { OptionReader, text } from '../ground/index.js';
import type { CachePolicyOptions } from './kernel/cache-policy.interface.js';
import { CACHE_POLICY_OPTIONS } from './kernel/resolve-cache-policy.js';
import type { Random } from './kernel/jitter.js';
import type { CachingOptions } from './caching-options.interface.js';

/** Options of `CachingModule.forRoot()`. */
export interface CachingModuleOptions extends CachingOptions {
  /** Where time is read. @default the process's clock */
  readonly clock?: Clock | undefined;
  /** Where waiting is scheduled. @default the process's timers */
  readonly scheduler?: Scheduler | undefined;
  /** Where chance comes from. @default Math.random */
  readonly random?: Random | undefined;
}

/** Makes the options, for `forRootAsync({ useClass })` and `useExisting`. */
export interface CachingOptionsFactory {
  createCachingOptions(): CachingModuleOptions | Promise<CachingModuleOptions>;
}

/** A cache declared by `CachingModule.forFeature()`. */
export interface NamedCacheOptions extends CachePolicyOptions {
  readonly name: string;
}

export const NAMED_CACHE_OPTIONS = new OptionReader<NamedCacheOptions>(
  {
    ...CACHE_POLICY_OPTIONS.rules,
    name: text,
  },
  CACHE_POLICY_OPTIONS.relations,
);
