import { describe } from '@jest/globals';
import { promiseResourceContract } from './testing/promise-resource-contract.js';
import { ADAPTERS } from './testing/start-app.js';

describe.each(ADAPTERS)('a route behind a circuit, on %s', (adapter) => {
  promiseResourceContract(adapter);
});
