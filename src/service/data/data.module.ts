import { Module } from '@nestjs/common';
import type { MiddlewareConsumer, NestModule } from '@nestjs/common';
import { CoalescingModule } from '../../coalescing/index.js';
import { refuseOtherMethods } from '../../http/index.js';
import { DATA_COALESCER, DataController } from './data.controller.js';

/** As much of a key as a request's head has room for; counted in UTF-16 code units. */
const MAX_KEY_LENGTH = 32_768;

@Module({
  imports: [
    CoalescingModule.forFeature([
      {
        name: DATA_COALESCER,
        maxKeyLength: MAX_KEY_LENGTH,
        // An answer is bytes that nobody writes to, and its loader never asks a coalescer.
        shareAs: 'reference',
        detectSelfJoin: false,
        scope: 'cluster',
      },
    ]),
  ],
  controllers: [DataController],
})
export class DataModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    refuseOtherMethods(consumer, ['api/data/:key']);
  }
}
