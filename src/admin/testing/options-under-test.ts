import { Test } from '@nestjs/testing';
import type { OptionsUnderTest } from '../../ground/testing/options-under-test.js';
import { AdminModule } from '../admin.module.js';
import { ADMIN_MODULE_OPTIONS, ADMIN_MODULE_EXTRAS, demandExtras } from '../admin.options.js';

const TOKEN = '0123456789abcdef';

/** The options of the operator's API. */
export const ADMIN_OPTIONS_UNDER_TEST: readonly OptionsUnderTest[] = [
  {
    name: 'ADMIN_MODULE_OPTIONS',
    reader: ADMIN_MODULE_OPTIONS,
    needed: { token: TOKEN },
    give: (options) =>
      Test.createTestingModule({
        imports: [AdminModule.forRoot({ token: TOKEN, ...options })],
      }).compile(),
  },
  {
    name: 'ADMIN_MODULE_EXTRAS',
    reader: ADMIN_MODULE_EXTRAS,
    give: (extras) => {
      ADMIN_MODULE_EXTRAS.check(extras, 'AdminModule.forRoot()');
      demandExtras(extras, 'AdminModule.forRoot()');
    },
  },
];
