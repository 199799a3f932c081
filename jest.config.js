// Jest runs the sources as real ES modules when Node offers the VM modules API (the `test` script
// passes the flag). A bare `npx jest` has no flag: then the same files are run as CommonJS.
import vm from 'node:vm';

const esm = vm.SyntheticModule !== undefined;

/** @type {import('jest').Config} */
export default {
  // Node's own, which ends the processes that a test file has started.
  testEnvironment: '<rootDir>/test/support/environment.js',
  // Ten times and more what the slowest test or hook without a limit of its own takes on a quiet machine: hooks start servers and replicas, and others may use the machine.
  testTimeout: 180_000,
  // Jest leaves a core free by default; on two cores that doubles the time.
  maxWorkers: '100%',
  // Modules of a finished file stay in memory, and the collector walks through them: with some dozens of files
  // a process takes a sixth more for each, until it makes room for another.
  workerIdleMemoryLimit: '500MB',
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testRegex: '\\.(spec|e2e-spec)\\.ts$',
  extensionsToTreatAsEsm: esm ? ['.ts'] : [],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    // As CommonJS, the packages that are ES modules alone have to be transformed as well.
    [esm ? '^.+\\.ts$' : '^.+\\.[mc]?[jt]s$']: [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
        module: { type: esm ? 'es6' : 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  transformIgnorePatterns: esm ? ['/node_modules/'] : [],
  coverageProvider: 'v8',
  // Of what the tests load: a file of types alone has no lines to cover, and would count as uncovered.
  coveragePathIgnorePatterns: ['/node_modules/', '/testing/', '<rootDir>/test/'],
  coverageReporters: [['text', { skipFull: true }], 'lcov'],
  // Asked for by `npm run test:coverage`, which the gate runs.
  coverageThreshold: {
    './src/coalescing/kernel/': { lines: 100 },
    './src/circuit-breaker/kernel/': { lines: 100 },
    './src/caching/kernel/': { lines: 100 },
    './src/cluster/kernel/': { lines: 100 },
    './src/http-cache/': { lines: 100 },
    './src/ground/': { lines: 100 },
  },
};
