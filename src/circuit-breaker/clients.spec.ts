import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RpcException } from '@nestjs/microservices';
import axios from 'axios';
import { CircuitFixture } from './testing/circuit-fixture.js';

describe('a circuit around a healthy backend', () => {
  let server: Server;
  let url: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      response.writeHead(Number(request.url?.slice(1)), { location: '/elsewhere' }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it.each([204, 302, 304, 404])('stays closed where axios rejects a %d', async (status) => {
    const { circuit } = new CircuitFixture();
    for (let call = 0; call < 4; call++) {
      const answer = circuit.execute(() =>
        axios.get(`${url}/${status}`, { maxRedirects: 0, validateStatus: (seen) => seen === 200 }),
      );
      await expect(answer).rejects.toMatchObject({ response: { status } });
    }
    expect(circuit.describe().outlook).toBe('0 of 3 consecutive failures');
  });

  it('opens where axios rejects a 503', async () => {
    const { circuit } = new CircuitFixture();
    for (let call = 0; call < 3; call++) {
      await expect(circuit.execute(() => axios.get(`${url}/503`))).rejects.toThrow('503');
    }
    expect(circuit.state).toBe('open');
  });

  it.each<object>([{ status: 404 }, { code: 5 }, { code: 'ALREADY_EXISTS' }])(
    'stays closed where an RpcException says %j',
    async (content) => {
      const { circuit } = new CircuitFixture();
      for (let call = 0; call < 4; call++) {
        const answer = circuit.execute(() => Promise.reject(new RpcException(content)));
        await expect(answer).rejects.toBeInstanceOf(RpcException);
      }
      expect(circuit.state).toBe('closed');
    },
  );
});
