// The gateway in a process of its own, in front of one backend: `node gateway.mjs <to> <port> <trust> <mount>`.
import 'reflect-metadata';
import { createServer } from 'node:http';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BackendModule } from '../../dist/backend/index.js';
import { CachingModule } from '../../dist/caching/index.js';
import { CircuitBreakerModule } from '../../dist/circuit-breaker/index.js';
import { CoalescingModule } from '../../dist/coalescing/index.js';
import { GatewayMiddleware, GatewayModule, GatewayService } from '../../dist/gateway/index.js';

const [to, port, trust, mount] = process.argv.slice(2);

class Gateway {
  configure(consumer) {
    if (mount !== 'node') consumer.apply(GatewayMiddleware).forRoutes('{*path}');
  }
}
Module({
  imports: [
    CoalescingModule.forRoot(),
    CircuitBreakerModule.forRoot(),
    CachingModule.forRoot(),
    BackendModule.forRoot(),
    // The suite has backends fail on purpose, and asks each for its next answer all the same.
    GatewayModule.forRoot({ to, trust, defaults: { circuit: 'off' } }),
  ],
})(Gateway);

const options = { logger: ['error', 'warn'], bodyParser: false };
if (mount === 'node') {
  const app = await NestFactory.createApplicationContext(Gateway, options);
  const server = createServer(app.get(GatewayService).handler());
  await new Promise((resolve) => server.listen(Number(port), '127.0.0.1', resolve));
} else {
  const app = await NestFactory.create(Gateway, await adapterOf(mount), options);
  await app.listen(Number(port), '127.0.0.1');
}
console.log('listening');

async function adapterOf(name) {
  if (name === 'fastify') {
    const { FastifyAdapter } = await import('@nestjs/platform-fastify');
    return new FastifyAdapter();
  }
  const { ExpressAdapter } = await import('@nestjs/platform-express');
  return new ExpressAdapter();
}
