// All specs that `npm run test:coverage` leaves out.
import base from '../../jest.config.js';
import { COVERING } from './jest.config.js';

/** @type {import('jest').Config} */
export default { ...base, rootDir: '../..', testPathIgnorePatterns: ['/node_modules/', COVERING] };
