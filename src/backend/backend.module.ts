import { HttpService } from '@nestjs/axios';
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import axios from 'axios';
import { BackendClient } from './backend.client.js';
import type { BackendModuleOptions } from './backend-options.interface.js';
import { BACKEND_OPTIONS, ConfigurableModuleClass } from './backend.module-definition.js';
import type { OPTIONS_TYPE } from './backend.module-definition.js';
import { BackendPool } from './backend.pool.js';
import { pooledAdapter } from './pooled-adapter.js';

const MIB = 2 ** 20;

/** The seam that users know: interceptors go on its `axiosRef`, tests override it. */
const HTTP_SERVICE_PROVIDER = {
  provide: HttpService,
  inject: [BACKEND_OPTIONS, BackendPool],
  useFactory: ({ baseUrl, maxBodyBytes }: BackendModuleOptions, pool: BackendPool) =>
    new HttpService(
      axios.create({
        adapter: pooledAdapter(pool.dispatcher),
        baseURL: baseUrl ?? '',
        // A call is shared by callers who accept different encodings: ask for none.
        headers: { Accept: '*/*', 'Accept-Encoding': 'identity', 'User-Agent': 'breakwater' },
        maxContentLength: maxBodyBytes ?? 32 * MIB,
        responseType: 'arraybuffer',
        transformRequest: [],
        transformResponse: [],
        validateStatus: null,
      }),
    ),
};

/** The client to the backends. Imported once, by `forRoot()` or `forRootAsync()`. */
@Module({
  providers: [BackendPool, BackendClient, HTTP_SERVICE_PROVIDER],
  exports: [BackendClient],
})
export class BackendModule extends ConfigurableModuleClass {
  /** @param options of all calls; `isGlobal` is `true` by default */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return super.forRoot(options);
  }
}
