import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { StableExpressAdapter } from 'breakwater/express';
import { AppModule } from './app.module.js';

const adapter = process.argv[2] === 'fastify' ? new FastifyAdapter() : new StableExpressAdapter();
const app = await NestFactory.create(AppModule, adapter, { logger: ['error'] });
app.enableShutdownHooks();
await app.listen(Number(process.env['PORT']), '127.0.0.1');
