// Plain Nest on Fastify, everything as it comes.
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ProductController } from './product-controller.mjs';
import { serveNest } from './nest-application.mjs';

await serveNest({ controllers: [ProductController] }, new FastifyAdapter());
