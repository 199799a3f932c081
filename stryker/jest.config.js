// What a mutation run tests with: the specs of the kernels, loaded as one file, because starting a
// test file costs more than running it. Property specs stay out: what the others say has to do.
import base from '../jest.config.js';

/** @type {import('jest').Config} */
export default {
  ...base,
  rootDir: '..',
  // The kernels start no processes.
  testEnvironment: 'node',
  roots: ['<rootDir>/src', '<rootDir>/stryker'],
  testRegex: 'stryker/kernel\\.spec\\.js$',
  coverageThreshold: undefined,
};
