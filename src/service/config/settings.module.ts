import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import type { Settings } from './settings.schema.js';

/** Injection token of the validated settings: `@Inject(SETTINGS) settings: Settings`. */
export const SETTINGS = Symbol('breakwater:settings');

@Module({})
class SettingsModule {}

/**
 * Gives every module the validated settings under {@link SETTINGS}. They are parsed before Nest
 * starts, so that a mistake is one readable message instead of a failed injection.
 */
export function settingsModule(settings: Settings): DynamicModule {
  return {
    module: SettingsModule,
    global: true,
    providers: [{ provide: SETTINGS, useValue: settings }],
    exports: [SETTINGS],
  };
}
