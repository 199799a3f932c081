import { Module } from '@nestjs/common';
import type { MiddlewareConsumer, NestModule } from '@nestjs/common';
import {
  CIRCUIT_STATE_HEADER,
  CircuitBreakerModule,
  CircuitBreakerService,
} from '../circuit-breaker/index.js';
import { refuseOtherMethods } from '../http/index.js';
import { RESOURCE_CIRCUIT } from './resource.constants.js';
import { ResourceController } from './resource.controller.js';

@Module({
  imports: [CircuitBreakerModule.forFeature([RESOURCE_CIRCUIT])],
  controllers: [ResourceController],
})
export class ResourceModule implements NestModule {
  constructor(private readonly circuits: CircuitBreakerService) {}

  configure(consumer: MiddlewareConsumer): void {
    refuseOtherMethods(consumer, ['api/resource'], (response) => {
      response.setHeader(CIRCUIT_STATE_HEADER, this.circuits.circuit(RESOURCE_CIRCUIT).state);
    });
  }
}
