import 'reflect-metadata';
import type { INestMicroservice, LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { systemClock, systemScheduler } from '../ground/index.js';
import type { Clock, Scheduler } from '../ground/index.js';
import { CollapsedForwardingModule } from './collapsed-forwarding.module.js';
import { JsonLinesServer } from './json-lines.server.js';
import { DEFAULT_BOUNDS } from './node-settings.js';
import type { NodeBounds, NodeSettings } from './node-settings.js';
import type { NodeConnection } from './node-connection.js';
import { OriginClient } from './origin.client.js';

/** What a node is made with. */
export interface NodeOptions {
  readonly settings: NodeSettings;
  readonly connection: NodeConnection;
  readonly logger: LoggerService | false;
  /** @default DEFAULT_BOUNDS */
  readonly bounds?: NodeBounds;
  /** @default the clock of the process */
  readonly clock?: Clock;
  /** @default the timers of the process */
  readonly scheduler?: Scheduler;
}

/** Makes the node, ready to listen. */
export async function createNode(options: NodeOptions): Promise<INestMicroservice> {
  const { settings, connection, logger, bounds = DEFAULT_BOUNDS } = options;
  const { clock = systemClock, scheduler = systemScheduler } = options;
  const origin = new OriginClient({
    connection,
    origin: settings.ORIGIN_NODE,
    timeoutMs: settings.ORIGIN_TIMEOUT_MS,
    clock,
    scheduler,
  });
  return NestFactory.createMicroservice<MicroserviceOptions>(
    CollapsedForwardingModule.forRoot(settings, bounds, origin, { clock, scheduler }),
    {
      strategy: new JsonLinesServer(connection, origin, bounds.maxPendingBytes),
      logger,
      abortOnError: false,
    },
  );
}
