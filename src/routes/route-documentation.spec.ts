import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Version } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import { HttpService } from '@nestjs/axios';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { OpenAPIObject } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import { z } from 'zod';
import { BackendModule } from '../backend/index.js';
import { CachingModule } from '../caching/index.js';
import { CircuitBreakerModule } from '../circuit-breaker/index.js';
import { CoalescingModule } from '../coalescing/index.js';
import { RoutesModule, csv, defineRoute } from './index.js';

const backend = () => 'http://shop.internal/';

const prices = defineRoute({
  path: '/shops/:shop/prices',
  params: z.object({
    shop: z.string().min(2),
    page: z.string().regex(/^\d+$/).describe('Counted from one.'),
    fields: csv().optional(),
  }),
  key: ({ shop, page, fields }) => [shop, page, fields],
  coalescer: ({ shop }) => shop,
  headers: ['Accept-Language', 'Authorization'],
  circuit: 'prices',
  backend,
});

const decorated = defineRoute({
  path: '/offers',
  params: z.object({ day: z.string() }),
  key: ({ day }) => [day],
  backend,
  use: [
    ApiOperation({ summary: 'The offers of a day', operationId: 'offers' }),
    ApiTags('shop'),
    ApiQuery({ name: 'day', description: 'Such as monday.' }),
    ApiOkResponse({ description: 'A list.', schema: { type: 'array' } }),
  ],
});

const versioned = defineRoute({
  path: '/versioned',
  params: z.object({}),
  key: () => [],
  backend,
  use: [Version(['1', '2'])],
});

/** What a validator that knows nothing of JSON schema has. */
const silent = defineRoute({
  path: '/files/*path',
  params: {
    '~standard': {
      version: 1,
      vendor: 'a test',
      validate: (value: unknown) => ({ value: value as { path: string } }),
    },
  },
  key: ({ path }) => [path],
  backend,
});

const byHttp = defineRoute({
  path: '/catalogue',
  params: z.object({}),
  key: () => [],
  backend,
  freshness: 'http',
});

const undated = defineRoute({
  path: '/days/:day',
  params: z.object({ day: z.date() }),
  key: () => [],
  backend,
});

describe('a route in a document of @nestjs/swagger', () => {
  let app: INestApplication;
  let document: OpenAPIObject;

  beforeAll(async () => {
    const module = await Test.createTestingModule({
      imports: [
        CoalescingModule.forRoot(),
        CircuitBreakerModule.forRoot(),
        CachingModule.forRoot(),
        BackendModule.forRoot(),
        RoutesModule.forRoot(),
        RoutesModule.forFeature([prices, decorated, versioned, silent, undated, byHttp]),
      ],
    })
      .overrideProvider(HttpService)
      .useValue({ axiosRef: { request: () => Promise.reject(new Error('nobody asks')) } })
      .compile();
    app = module.createNestApplication();
    app.enableVersioning();
    await app.init();
    const config = new DocumentBuilder().setOpenAPIVersion('3.1.0').build();
    document = SwaggerModule.createDocument(app, config);
  });

  afterAll(() => app.close());

  const operation = (path: string) => document.paths[path]?.get;

  it('appears by itself, with an id and a tag', () => {
    expect(operation('/shops/{shop}/prices')).toMatchObject({
      operationId: 'get_shops_shop_prices',
      tags: ['routes'],
    });
  });

  it('has the parameters of its schema: those of the path, of the query, and the headers that it keys', () => {
    expect(operation('/shops/{shop}/prices')?.parameters).toEqual([
      { name: 'shop', in: 'path', required: true, schema: { type: 'string', minLength: 2 } },
      {
        name: 'page',
        in: 'query',
        required: true,
        description: 'Counted from one.',
        schema: { type: 'string', pattern: '^\\d+$' },
      },
      {
        name: 'fields',
        in: 'query',
        required: false,
        schema: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
      },
      { name: 'Accept-Language', in: 'header', required: false, schema: { type: 'string' } },
    ]);
  });

  it('has every answer, with the headers that tell how it came about', () => {
    const responses = operation('/shops/{shop}/prices')?.responses ?? {};
    expect(Object.keys(responses)).toEqual(['200', '304', '400', '502', '503', '504']);
    expect(responses['200']).toMatchObject({
      headers: { 'Cache-Status': {}, Age: {}, 'X-Coalescer-Name': {} },
    });
    expect(responses['503']).toMatchObject({
      description: expect.stringContaining('circuit') as unknown,
      headers: { 'Retry-After': { schema: { type: 'integer' } } },
      content: { 'application/json': { schema: { required: ['error'] } } },
    });
  });

  it('has the answers to requests for a part, where it gives them', () => {
    const responses = Object.keys(operation('/catalogue')?.responses ?? {});
    expect(responses).toEqual(['200', '206', '304', '400', '416', '502', '503', '504']);
  });

  it('takes what its own decorators say, beside or in place of that', () => {
    expect(operation('/offers')).toMatchObject({
      operationId: 'offers',
      summary: 'The offers of a day',
      tags: ['shop'],
      responses: { 200: { content: { 'application/json': { schema: { type: 'array' } } } } },
    });
    expect(operation('/offers')?.parameters).toEqual([
      {
        name: 'day',
        in: 'query',
        required: true,
        description: 'Such as monday.',
        schema: { type: 'string' },
      },
    ]);
  });

  it('has an operation, with an id of its own, for each of its versions', () => {
    const ids = ['/v1/versioned', '/v2/versioned'].map((path) => operation(path)?.operationId);
    expect(new Set(ids).size).toBe(2);
    expect(ids).not.toContain(undefined);
  });

  it('has the parameters of its path where the schema cannot be told in JSON', () => {
    const path = { in: 'path', required: true, schema: { type: 'string' } };
    expect(operation('/files/{path}')?.parameters).toEqual([{ name: 'path', ...path }]);
    expect(operation('/days/{day}')?.parameters).toEqual([{ name: 'day', ...path }]);
  });
});
