import { Module } from '@nestjs/common';
import type { MiddlewareConsumer, NestModule } from '@nestjs/common';
import { CircuitBreakerModule } from '../../circuit-breaker/index.js';
import { refuseOtherMethods } from '../../http/index.js';
import { RESOURCE_CIRCUIT, ResourceController } from './resource.controller.js';
import { ResourceStateWatcher } from './resource-state.watcher.js';

@Module({
  imports: [CircuitBreakerModule.forFeature([RESOURCE_CIRCUIT])],
  controllers: [ResourceController],
  providers: [ResourceStateWatcher],
})
export class ResourceModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    refuseOtherMethods(consumer, ['api/resource']);
  }
}
