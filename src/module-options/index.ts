export { checkOptions } from './check-options.js';
export { refuseSecondImport } from './refuse-second-import.js';
export { demandList, demandOptions } from './demand-given.js';
export { refuseGenerator } from './refuse-generator.js';
