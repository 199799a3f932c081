// A plain Nest service in front of a backend: Express, `HttpService`, and health by Terminus.
import { HttpModule } from '@nestjs/axios';
import { Get, Inject } from '@nestjs/common';
import { HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { controller, serveNest } from './nest-application.mjs';
import { ProductController } from './product-controller.mjs';

const HealthController = controller(
  class {
    constructor(health) {
      this.health = health;
    }

    check() {
      return this.health.check([]);
    }
  },
  { check: [Get('health')] },
);
Inject(HealthCheckService)(HealthController, undefined, 0);

await serveNest({
  imports: [HttpModule, TerminusModule],
  controllers: [ProductController, HealthController],
});
