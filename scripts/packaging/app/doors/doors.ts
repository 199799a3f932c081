import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CachingModule, CachingService } from 'breakwater/caching';
import { CircuitBreakerModule, CircuitBreakerService } from 'breakwater/circuit-breaker';
import { IoredisStore, parseStoreUrl } from 'breakwater/cluster';
import { CoalescingModule, CoalescingService } from 'breakwater/coalescing';
import { ManualClock, tierContract } from 'breakwater/testing';

// What stands behind one door is the same as behind another: one class, found by its identity.
@Module({
  imports: [
    CoalescingModule.forRoot(),
    CircuitBreakerModule.forRoot({ clock: new ManualClock() }),
    CachingModule.forRoot(),
  ],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
const flights = app.get(CoalescingService);
const value = await flights.run('key', () => Promise.resolve(1));
const cached = await app.get(CachingService).get('key', () => Promise.resolve(2));
const { state } = app.get(CircuitBreakerService).circuit('payments');
await app.close();

const found = [value, cached, state, typeof tierContract, typeof IoredisStore].join();
if (found !== '1,2,closed,function,function') throw new Error(found);
parseStoreUrl('redis://localhost:6379');
