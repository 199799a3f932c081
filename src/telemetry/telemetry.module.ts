import { Global, Module } from '@nestjs/common';
import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { CALL_TRACER } from '../module-options/index.js';
import { CallSpans } from './call-spans.js';
import { traceFlights } from './tracing.js';

/**
 * Spans by OpenTelemetry: one for each flight, which its callers' spans link to, and one for each call of a
 * backend. It speaks to `@opentelemetry/api` alone: what becomes of spans is for the SDK that the
 * application registers before Nest starts, and without one they are nothing.
 *
 * @example
 * imports: [CoalescingModule.forRoot(), TelemetryModule]
 */
@Global()
@Module({
  providers: [{ provide: CALL_TRACER, useClass: CallSpans }],
  exports: [CALL_TRACER],
})
export class TelemetryModule implements OnModuleInit, OnApplicationShutdown {
  private stop: (() => void) | undefined;

  onModuleInit(): void {
    this.stop = traceFlights();
  }

  /** Requests in progress have been answered by then. */
  onApplicationShutdown(): void {
    this.stop?.();
  }
}
