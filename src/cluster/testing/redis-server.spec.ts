import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RedisServer } from './redis-server.js';

describe('RedisServer', () => {
  let server: RedisServer;

  beforeAll(async () => {
    server = await RedisServer.start();
  });

  afterAll(() => server.stop());

  it('answers commands, and is empty on the same port after a restart', async () => {
    const { port } = server;
    await server.command('SET', 'key', 'value');
    expect(await server.command('GET', 'key')).toBe('value');

    await server.restart();

    expect(server.port).toBe(port);
    expect(await server.command('GET', 'key')).toBeNull();
    await expect(server.command('NO-SUCH-COMMAND')).rejects.toThrow('unknown command');
  });

  it('answers nothing while it is frozen, and everything after it is thawed', async () => {
    server.freeze();
    let answered = false;
    const pong = server.command('PING').then((reply) => {
      answered = true;
      return reply;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(answered).toBe(false);

    server.thaw();
    expect(await pong).toBe('PONG');
  });
});
