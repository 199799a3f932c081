export { checkedAsync } from './checked-async.js';
export type { AsyncModule } from './checked-async.js';
export { demandImported } from './demand-imported.js';
export { refuseBareImport } from './refuse-bare-import.js';
export { refuseSecondImport } from './refuse-second-import.js';
export { demandList, demandOptions } from './demand-given.js';
export { refuseGenerator } from './refuse-generator.js';
