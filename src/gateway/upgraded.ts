import type { Socket } from 'node:net';

/**
 * Hands on what one side says to the other, both ways, at the pace of the slower one. A side that has said
 * all may still listen; one that is gone takes the other with it.
 *
 * @param idleMs how long one side may be silent once the other has said all
 * @param done told once, when both are over; of an error where one of them broke
 */
export function joinSockets(
  client: Socket,
  backend: Socket,
  idleMs: number,
  done: (error: Error | undefined) => void,
): void {
  let ends = 0;
  let error: Error | undefined;
  let isDone = false;
  const finish = () => {
    if (isDone) return;
    isDone = true;
    for (const socket of [client, backend]) {
      // Whoever is left is to know that it has not heard all.
      if (error !== undefined && !('encrypted' in socket)) socket.resetAndDestroy();
      socket.destroy();
    }
    done(error);
  };
  for (const socket of [client, backend]) {
    socket.setTimeout(0);
    socket.on('error', (reason) => {
      error ??= reason;
    });
    socket.once('close', () => {
      if (ends < 2) error ??= new Error('the connection has closed');
      finish();
    });
    socket.once('end', () => {
      ends++;
      for (const one of [client, backend]) one.setTimeout(idleMs, finish);
    });
  }
  client.pipe(backend);
  backend.pipe(client);
}
