import { ConfigModule, getConfigToken, registerAs } from '@nestjs/config';
import type { Settings } from './settings.schema.js';

const NAMESPACE = 'breakwater';

/** Injection token of the validated settings: `@Inject(SETTINGS) settings: Settings`. */
export const SETTINGS = getConfigToken(NAMESPACE);

/**
 * Gives every module the validated settings under {@link SETTINGS}. They are parsed before Nest
 * starts, so that a mistake is one readable message instead of a failed injection; hence no second
 * look at the environment here.
 */
export function settingsModule(settings: Settings): ReturnType<typeof ConfigModule.forRoot> {
  return ConfigModule.forRoot({
    isGlobal: true,
    ignoreEnvFile: true,
    validatePredefined: false,
    skipProcessEnv: true,
    load: [registerAs(NAMESPACE, () => settings)],
  });
}
