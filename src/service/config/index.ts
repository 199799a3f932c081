export { ConfigurationError } from './configuration.error.js';
export { parseSettings } from './parse-settings.js';
export { processEnvironment } from './process-environment.js';
export { SETTINGS, settingsModule } from './settings.module.js';
export { settingsSchema } from './settings.schema.js';
export type { Settings } from './settings.schema.js';
export { shownSetting } from './shown-value.js';
