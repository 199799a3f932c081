import { Module } from '@nestjs/common';
import { BackendModule } from '../backend/index.js';
import { CoalescingModule } from '../coalescing/index.js';
import { DATA_COALESCER } from './data.constants.js';
import { DataController } from './data.controller.js';

@Module({
  imports: [
    BackendModule,
    CoalescingModule.forFeature([
      {
        name: DATA_COALESCER,
        // An answer is bytes that nobody writes to, and its loader never asks a coalescer.
        shareAs: 'reference',
        detectSelfJoin: false,
      },
    ]),
  ],
  controllers: [DataController],
})
export class DataModule {}
