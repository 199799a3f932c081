import { Inject, Module } from '@nestjs/common';
import type { DynamicModule, MiddlewareConsumer, NestModule } from '@nestjs/common';
import { refuseOtherMethods } from '../../http/index.js';
import { MetricsModule } from '../../metrics/index.js';
import type { MetricsModuleOptions } from '../../metrics/index.js';

/** Where the page is. */
const PATH = 'metrics';

/** Injection token of the paths that are served. */
const PATHS = 'breakwater:service:metrics-paths';

/** Whom metrics are told. */
interface ServiceMetrics {
  /** Whether there is the page; whoever has `MetricsService` can serve it too. */
  readonly isServed: boolean;
  readonly openTelemetry: boolean;
  /** Where they are. @default one of their own */
  readonly registry?: NonNullable<MetricsModuleOptions['registry']>;
}

/** The metrics of the service, and the page of them. */
@Module({})
export class ServiceMetricsModule implements NestModule {
  static forRoot({ isServed, ...whom }: ServiceMetrics): DynamicModule {
    // Of what could not be parsed no listener to requests hears: the service tells of everything itself.
    const path = isServed ? PATH : false;
    return {
      module: ServiceMetricsModule,
      imports: [MetricsModule.forRoot({ path, requests: 'told', ...whom })],
      providers: [{ provide: PATHS, useValue: isServed ? [PATH] : [] }],
    };
  }

  constructor(@Inject(PATHS) private readonly paths: readonly string[]) {}

  configure(consumer: MiddlewareConsumer): void {
    refuseOtherMethods(consumer, this.paths);
  }
}
