import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

const { BACKEND_URL = 'http://localhost:4001', PORT = '4000' } = process.env;

const app = await NestFactory.create(AppModule.forRoot({ BACKEND_URL }));
app.enableShutdownHooks();
await app.listen(PORT);
