import { Controller, Get, Header, Inject, Res } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { MetricsService } from './metrics.service.js';

/** Makes the controller that serves the page at `path`. */
export function metricsController(path: string): Type {
  @Controller(path)
  class MetricsController {
    constructor(
      @Inject(MetricsService) private readonly metrics: MetricsService,
      @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    ) {}

    @Get()
    @Header('Cache-Control', 'no-store')
    page(@Res({ passthrough: true }) response: object): Promise<string> {
      this.host.httpAdapter.setHeader(response, 'Content-Type', this.metrics.contentType);
      return this.metrics.page();
    }
  }
  return MetricsController;
}
