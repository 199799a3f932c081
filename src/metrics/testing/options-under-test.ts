import { Test } from '@nestjs/testing';
import type { OptionsUnderTest } from '../../ground/testing/options-under-test.js';
import { MetricsModule } from '../metrics.module.js';
import { METRICS_MODULE_OPTIONS } from '../metrics.options.js';

/** The options of metrics. */
export const METRICS_OPTIONS_UNDER_TEST: readonly OptionsUnderTest[] = [
  {
    name: 'METRICS_MODULE_OPTIONS',
    reader: METRICS_MODULE_OPTIONS,
    give: (options) =>
      Test.createTestingModule({ imports: [MetricsModule.forRoot(options)] }).compile(),
  },
];
