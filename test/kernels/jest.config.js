// `npm run test:coverage`: the specs that have to cover every line of the kernels, and of what is kept like
// one. The gate runs them once, like this, and all others without coverage, which makes a run three times
// as long.
import base from '../../jest.config.js';

/** The table of every option loads the whole package, for no line that the others leave out. */
export const COVERING =
  '/src/((coalescing|circuit-breaker|cluster)/kernel|caching(?!/tiers/disk/)|http-cache|ground(?!/every-option))/.*spec\\.ts$';

/** @type {import('jest').Config} */
export default {
  ...base,
  rootDir: '../..',
  testRegex: COVERING,
  collectCoverage: true,
  // V8 counts in all modules that a process keeps of files that are finished.
  workerIdleMemoryLimit: '400MB',
};
