export { checkOptions } from './check-options.js';
export { refuseSecondImport } from './refuse-second-import.js';
export { refuseGenerator } from './refuse-generator.js';
