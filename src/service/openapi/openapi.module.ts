import { Module } from '@nestjs/common';
import type { MiddlewareConsumer, NestModule } from '@nestjs/common';
import { refuseOtherMethods } from '../../http/index.js';
import { ApiDocument } from './api-document.js';
import { OpenApiController } from './openapi.controller.js';

@Module({ controllers: [OpenApiController], providers: [ApiDocument], exports: [ApiDocument] })
export class OpenApiModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    refuseOtherMethods(consumer, ['openapi.json', 'docs', 'docs/:file']);
  }
}
