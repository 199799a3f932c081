// Plain Nest applications: what the decorators of a TypeScript class would do, and a start on an ephemeral port.
import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BACKLOG, HOST, announce } from './ready.mjs';

/**
 * A controller at the root of the paths.
 *
 * @template {new (...args: never[]) => object} C
 * @param {C} controller
 * @param {Record<string, readonly (MethodDecorator | [index: number, ParameterDecorator])[]>} handlers by
 *   method: its decorators, and those of its parameters with their index
 */
export function controller(controller, handlers) {
  for (const [name, decorators] of Object.entries(handlers)) {
    for (const decorator of decorators) {
      if (Array.isArray(decorator)) decorator[1](controller.prototype, name, decorator[0]);
      else {
        const descriptor = Object.getOwnPropertyDescriptor(controller.prototype, name);
        decorator(controller.prototype, name, descriptor);
      }
    }
  }
  Controller()(controller);
  return controller;
}

/**
 * @param {import('@nestjs/common').ModuleMetadata} metadata
 * @param {import('@nestjs/core').AbstractHttpAdapter} [adapter] left out: Express
 */
export async function serveNest(metadata, adapter) {
  class AppModule {}
  Module(metadata)(AppModule);
  const app = await NestFactory.create(AppModule, ...(adapter ? [adapter] : []), {
    logger: ['error', 'warn'],
  });
  await listen(app);
}

/**
 * Listens where `PORT` says, or on an ephemeral port.
 *
 * @param {import('@nestjs/common').INestApplication} app
 */
export async function listen(app) {
  await app.init();
  // Fastify's router is ready only after it; Express has nothing to wait for.
  await app.getHttpAdapter().getInstance().ready?.();
  const server = app.getHttpServer();
  const port = Number(process.env.PORT ?? 0);
  server.listen({ port, host: HOST, backlog: BACKLOG }, () => announce(server.address().port));
}
