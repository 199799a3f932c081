import { Module } from '@nestjs/common';
import { CircuitBreakerModule, CoalescingModule } from 'breakwater';
import { RatesController } from './rates.controller.js';
import { RatesService } from './rates.service.js';

@Module({
  imports: [
    CoalescingModule.forRoot({ maxFlights: 10_000 }),
    CircuitBreakerModule.forRoot({
      policy: { kind: 'consecutive', failures: 3 },
      cooldownMs: 5_000,
    }),
    CircuitBreakerModule.forFeature(['rates', 'failing']),
  ],
  controllers: [RatesController],
  providers: [RatesService],
})
export class AppModule {}
