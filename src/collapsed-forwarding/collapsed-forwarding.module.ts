import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { CachingModule } from '../caching/index.js';
import type { Clock, Scheduler } from '../ground/index.js';
import { CoalescingModule } from '../coalescing/index.js';
import { MAX_KEY_LENGTH } from './node-settings.js';
import type { NodeBounds, NodeSettings } from './node-settings.js';
import { FORWARDING_CACHE, ForwardingService } from './forwarding.service.js';
import { KeyValueController } from './key-value.controller.js';
import { OriginClient } from './origin.client.js';

/** The client ends each call by its own deadline; this bounds a flight that does not end. */
const SAFETY_MS = 1_000;

/** A key's canonical text may be longer than the text that came (`1e20`), and gets a prefix. */
const KEY_EXPANSION = 8;

/** What the node is made of. */
@Module({})
export class CollapsedForwardingModule {
  static forRoot(
    settings: NodeSettings,
    bounds: NodeBounds,
    origin: OriginClient,
    time: { readonly clock: Clock; readonly scheduler: Scheduler },
  ): DynamicModule {
    return {
      module: CollapsedForwardingModule,
      imports: [
        CoalescingModule.forRoot({
          ...time,
          flightTimeoutMs: settings.ORIGIN_TIMEOUT_MS + SAFETY_MS,
          maxFlights: bounds.maxFlights,
          maxJoinersPerFlight: Number.MAX_SAFE_INTEGER,
          maxKeyLength: KEY_EXPANSION * MAX_KEY_LENGTH,
          // Texts cannot be changed.
          shareAs: 'reference',
        }),
        CachingModule.forRoot({
          ...time,
          memory: { maxBytes: bounds.maxCacheBytes },
        }),
        // Fresh or not at all: never a stale value, never one in place of an error.
        CachingModule.forFeature([
          {
            name: FORWARDING_CACHE,
            freshMs: settings.TTL_MS,
            staleMs: 0,
            staleIfErrorMs: 0,
            jitter: 0,
          },
        ]),
      ],
      controllers: [KeyValueController],
      providers: [ForwardingService, { provide: OriginClient, useValue: origin }],
    };
  }
}
