import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INestApplication, ModuleMetadata } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { TestingModuleBuilder } from '@nestjs/testing';

export const ADAPTERS = ['express', 'fastify'] as const;

export type AdapterName = (typeof ADAPTERS)[number];

/** An application that listens. */
export interface StartedApp {
  readonly app: INestApplication;
  readonly server: Server;
  readonly port: number;
}

/** Starts an application made of `metadata` on the adapter. */
export async function startApp(
  adapter: AdapterName,
  metadata: ModuleMetadata,
  change: (builder: TestingModuleBuilder) => TestingModuleBuilder = (builder) => builder,
): Promise<StartedApp> {
  const module = await change(Test.createTestingModule(metadata)).compile();
  const app =
    adapter === 'fastify'
      ? module.createNestApplication(new FastifyAdapter(), { logger: false })
      : module.createNestApplication({ logger: false });
  await app.listen(0, '127.0.0.1');
  const server = app.getHttpServer() as Server;
  return { app, server, port: (server.address() as AddressInfo).port };
}
