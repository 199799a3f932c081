// `npm run test:quick`: the specs that wait for nothing but themselves.
import base from '../../jest.config.js';
import { sortSpecs } from './specs.js';

const whole = (path) => `/${path.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}$`;

/** @type {import('jest').Config} */
export default {
  ...base,
  rootDir: '../..',
  testEnvironment: '<rootDir>/test/quick/environment.js',
  testPathIgnorePatterns: ['/node_modules/', ...[...sortSpecs().leftOut.keys()].map(whole)],
};
