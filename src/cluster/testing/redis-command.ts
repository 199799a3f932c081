import { connect } from 'node:net';
import { encodeCommand, readReply } from './redis-reply.js';
import type { RedisReply } from './redis-reply.js';

/** Sends one command over a connection of its own; rejects with an error reply. */
export function redisCommand(
  port: number,
  args: readonly (string | number)[],
): Promise<Exclude<RedisReply, Error>> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let received = Buffer.alloc(0);
    socket.once('connect', () => socket.write(encodeCommand(args)));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const complete = readReply(received);
      if (!complete) return;
      socket.destroy();
      if (complete.reply instanceof Error) reject(complete.reply);
      else resolve(complete.reply);
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error(`No reply to ${args.join(' ')}`)));
  });
}
