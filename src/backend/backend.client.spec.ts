import { describe } from '@jest/globals';
import { ClientFixture, TRANSPORTS } from './testing/client-fixture.js';
import { promiseAnswers } from './testing/promise-answers.js';
import { promiseFailures } from './testing/promise-failures.js';

describe.each(TRANSPORTS)('BackendClient over %s', (transport) => {
  const fixture = new ClientFixture(transport);
  promiseAnswers(fixture);
  promiseFailures(fixture);
});
