import { moduleBuilder } from '../module-options/index.js';
import type { GlobalModule } from '../module-options/index.js';
import { APP_FILTER } from '@nestjs/core';
import {
  OptionReader,
  aClock,
  aScheduler,
  group,
  recordOf,
  text,
  wholeNumber,
} from '../ground/index.js';
import type { RuntimeOptions } from '../ground/index.js';
import { CoalescingExceptionFilter } from './coalescing.filter.js';
import { COALESCER_OPTIONS } from './kernel/coalescer-options.js';
import type { CoalescerOptions } from './kernel/index.js';

/** Options of `CoalescingModule.forRoot()`: those of the default coalescer, which others inherit. */
export interface CoalescingModuleOptions
  extends CoalescerOptions, Pick<RuntimeOptions, 'clock' | 'scheduler'> {
  /** Coalescers by name, and in what they differ from the default one. */
  coalescers?: Readonly<Record<string, CoalescerOptions>> | undefined;

  /**
   * How many coalescers may be made on demand by `CoalescingService.coalescer(name)`. Beyond that, one
   * without flights makes room; if all have some, an overflow coalescer takes the rest.
   * @default 1000
   */
  maxCoalescers?: number | undefined;
}

/** Provides the options to `CoalescingModule.forRootAsync({ useClass })` or `useExisting`. */
export interface CoalescingOptionsFactory {
  createCoalescingOptions(): CoalescingModuleOptions | Promise<CoalescingModuleOptions>;
}

/** A coalescer declared by `CoalescingModule.forFeature()`: its name and how it differs. */
export interface NamedCoalescerOptions extends CoalescerOptions {
  /** What `@InjectCoalescer(name)` asks for. */
  name: string;
}

export const COALESCING_MODULE_OPTIONS = new OptionReader<CoalescingModuleOptions>({
  ...COALESCER_OPTIONS.rules,
  coalescers: recordOf(group(COALESCER_OPTIONS)),
  maxCoalescers: wholeNumber(1),
  clock: aClock,
  scheduler: aScheduler,
});

export const NAMED_COALESCER_OPTIONS = new OptionReader<NamedCoalescerOptions>({
  ...COALESCER_OPTIONS.rules,
  name: text,
});

/** What is said about the module itself. */
export interface CoalescingModuleExtras extends GlobalModule {
  /**
   * Whether `CoalescingExceptionFilter` answers what coalescing refuses in the whole application: over
   * HTTP by 503 with `Retry-After`, 414 and 504.
   * @default true
   */
  answerRefusals?: boolean;
}

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN: COALESCING_OPTIONS,
  OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE,
} = moduleBuilder<CoalescingModuleOptions, 'createCoalescingOptions'>('CoalescingModule')
  .setExtras<CoalescingModuleExtras>(
    { isGlobal: true, answerRefusals: true },
    (definition, { isGlobal, answerRefusals }) => ({
      ...definition,
      global: isGlobal,
      providers: [
        ...(definition.providers ?? []),
        ...(answerRefusals ? [{ provide: APP_FILTER, useClass: CoalescingExceptionFilter }] : []),
      ],
    }),
  )
  .build();
