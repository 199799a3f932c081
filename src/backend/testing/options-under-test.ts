import { Test } from '@nestjs/testing';
import type { OptionsUnderTest } from '../../ground/testing/options-under-test.js';
import { BackendModule } from '../backend.module.js';
import { BACKEND_OPTIONS_READER } from '../backend.options.js';

/** The options of the backend client. */
export const BACKEND_OPTIONS_UNDER_TEST: readonly OptionsUnderTest[] = [
  {
    name: 'BACKEND_OPTIONS_READER',
    reader: BACKEND_OPTIONS_READER,
    give: (options) =>
      Test.createTestingModule({ imports: [BackendModule.forRoot(options)] }).compile(),
  },
];
