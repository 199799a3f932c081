import { HttpModule } from '@nestjs/axios';
import { Module } from '@nestjs/common';
import { SETTINGS } from '../config/index.js';
import type { Settings } from '../config/index.js';
import { BackendClient } from './backend.client.js';
import { BACKEND_OPTIONS } from './backend.constants.js';
import type { BackendOptions } from './backend-options.interface.js';
import { BackendPool } from './backend.pool.js';
import { pooledAdapter } from './pooled-adapter.js';

@Module({
  imports: [
    HttpModule.registerAsync({
      extraProviders: [BackendPool],
      inject: [SETTINGS, BackendPool],
      useFactory: (settings: Settings, pool: BackendPool) => ({
        adapter: pooledAdapter(pool.dispatcher),
        baseURL: settings.BACKEND_URL,
        // The call is shared by callers who accept different encodings: ask for none.
        headers: { Accept: '*/*', 'Accept-Encoding': 'identity', 'User-Agent': 'breakwater' },
        maxContentLength: settings.BACKEND_MAX_BODY_BYTES,
        responseType: 'arraybuffer',
        transformRequest: [],
        transformResponse: [],
        validateStatus: null,
      }),
    }),
  ],
  providers: [
    BackendClient,
    {
      provide: BACKEND_OPTIONS,
      inject: [SETTINGS],
      useFactory: (settings: Settings): BackendOptions => ({
        timeoutMs: settings.BACKEND_TIMEOUT_MS,
      }),
    },
  ],
  exports: [BackendClient],
})
export class BackendModule {}
