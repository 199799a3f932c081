import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { backendUrl } from '../backend/index.js';
import { csv } from './csv.js';
import { defineRoute } from './route-declaration.js';
import { explainRoute, pathParameters } from './route-explainer.js';
import type { RouteDeclaration } from './route-declaration.js';

const ENVIRONMENT = { BASE: 'https://user:secret@products.example/v1' };

const route = defineRoute({
  path: '/products/:id',
  params: z.object({ id: z.string().min(2, 'is too short'), fields: csv().optional() }),
  key: ({ id, fields }) => [id, fields],
  backend: ({ id, fields }, { BASE }: typeof ENVIRONMENT) =>
    backendUrl(BASE, ['products', id], { fields }),
  coalescer: ({ id }) => id,
  tags: ({ id }) => [`product:${id}`],
  headers: ['Accept-Language'],
  circuit: 'products',
  freshMs: 10_000,
}) as unknown as RouteDeclaration;

const explain = (target: string, headers: Readonly<Record<string, string>> = {}) =>
  explainRoute(route, ENVIRONMENT, { target, headers });

describe('A route explains', () => {
  it('what it would make of a request', async () => {
    expect(await explain('/products/SKU%207?fields=name', { 'accept-language': 'de' })).toEqual({
      route: '/products/:id',
      params: { id: 'SKU 7', fields: ['name'] },
      cache: '/products/:id',
      keyText: '\u001f["SKU 7",["name"],["de"]]',
      coalescer: '/products/:id:SKU 7',
      tags: ['coalescer:/products/:id:SKU 7', 'product:SKU 7'],
      backend: 'https://products.example/v1/products/SKU%207?fields=name',
      circuit: 'products',
      lifetimes: { freshMs: 10_000, staleMs: 60_000, staleIfErrorMs: 60_000, negativeMs: 0 },
      notStored: [
        'Cache-Control: private or no-store',
        'Cache-Control: no-cache without ETag or Last-Modified',
        'Set-Cookie',
        'a Vary that names more than Accept-Encoding, accept-language',
        'a status that is not 2xx, or is 206',
        'more than 4194304 bytes',
      ],
    });
  });

  it('that its answers say how long they live', async () => {
    const byHttp = { ...route, freshness: 'http' as const, freshMs: undefined };
    const request = { target: '/products/77', headers: { cookie: 'session=1' } };
    const told = await explainRoute(byHttp, ENVIRONMENT, request);
    expect(told).toMatchObject({
      freshness: 'http',
      cache: '/products/:id~http',
      keyText: '\u001f\u001f["77",undefined,[undefined]]',
    });
    expect(told?.notStored).toContain('Vary: *');
    expect(told?.notStored?.[0]).toMatch(/^this request, unless/);
    expect(told).not.toHaveProperty('lifetimes');
    expect(told).not.toHaveProperty('bypass');
  });

  it('why it would refuse one', async () => {
    expect(await explain('/products/7')).toEqual({
      route: '/products/:id',
      refused: ['id: is too short'],
    });
    expect((await explain('/products/77?x=%ZZ'))?.refused).toEqual([
      'the query is not percent-encoded UTF-8',
    ]);
  });

  it('why it would not ask the cache', async () => {
    const { bypass, notStored } = (await explain('/products/77', { cookie: 'session=1' })) ?? {};
    expect(bypass).toMatch(/Cookie/);
    expect(notStored?.[0]).toMatch(/^this request/);
  });

  it('nothing of what is not its own', async () => {
    expect(await explain('/orders/77')).toBeUndefined();
  });
});

describe('The path of a request', () => {
  it.each([
    ['/products', '/products', {}],
    ['products', '/PRODUCTS/', {}],
    ['/products/:id', '/products/a%2Fb', { id: 'a/b' }],
    ['/files/*rest', '/files/a/b', { rest: 'a/b' }],
    ['/files/*', '/files/a', { 0: 'a' }],
    ['/', '/', {}],
  ])('%s is %s', (pattern, path, parameters) => {
    expect(pathParameters(pattern, path)).toEqual(parameters);
  });

  it.each([
    ['/products', '/products/7'],
    ['/products/:id', '/products'],
    ['/products/:id', '/orders/7'],
    ['/products/:id', '/products/%ZZ'],
    ['/files/*rest', '/files'],
    ['/products{/:id}', '/products'],
  ])('%s is not %s', (pattern, path) => {
    expect(pathParameters(pattern, path)).toBeUndefined();
  });

  it('may have an origin before it, and is the root where there is none', async () => {
    expect(await explain('http://host/products/77')).toMatchObject({ params: { id: '77' } });
    expect(await explain('http://host?x')).toBeUndefined();
  });
});
