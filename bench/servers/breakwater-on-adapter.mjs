// The service on another HTTP adapter than its own: `express` is Nest's as it comes, or `fastify`.
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { createService } from '../../dist/service/create-service.js';
import { listen } from './nest-application.mjs';

function expressAdapter() {
  const adapter = new ExpressAdapter();
  // What the service switches off on its own adapter too.
  adapter.disable('x-powered-by');
  adapter.disable('etag');
  return adapter;
}

const adapter = process.argv[2] === 'fastify' ? new FastifyAdapter() : expressAdapter();
await listen(await createService({ adapter }));
