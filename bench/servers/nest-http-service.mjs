// A plain Nest proxy, as the documentation of `HttpService` writes it, everything as it comes.
import { HttpModule, HttpService } from '@nestjs/axios';
import { Get, Inject, Param } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { controller, serveNest } from './nest-application.mjs';

const DataController = controller(
  class {
    constructor(http) {
      this.http = http;
    }

    async find(key) {
      const url = `${process.env.BACKEND_URL}/backend/${encodeURIComponent(key)}`;
      const { data } = await firstValueFrom(this.http.get(url));
      return data;
    }
  },
  { find: [Get('api/data/:key'), [0, Param('key')]] },
);
Inject(HttpService)(DataController, undefined, 0);

await serveNest({ imports: [HttpModule], controllers: [DataController] });
