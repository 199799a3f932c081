import type { Worker } from 'node:cluster';
import type { EventEmitter } from 'node:events';
import { systemScheduler } from '../../ground/index.js';

/** What Node says to a worker to give it a connection, and what that answers. */
interface ClusterMessage {
  readonly cmd?: unknown;
  readonly act?: unknown;
  readonly seq?: number;
  readonly ack?: number;
}

/** A connection, as Node gives it away. */
interface Connection {
  close(): void;
}

const CLUSTER = 'NODE_CLUSTER';

/** So long after its end everything has been heard that a worker has said, in milliseconds. */
const HEARD_MS = 100;

/**
 * Has connections that `worker` was given, and had not taken when it ended, go to another one. Node keeps
 * them and forgets them: their clients would wait for ever for whom nobody serves. What a worker refuses it
 * gives to the next one, so it is told that this one has refused them.
 *
 * @param areOthers whether there is somebody to give them to; else they are closed
 */
export function giveOnAtTheEnd(worker: Worker, areOthers: () => boolean): void {
  const { process } = worker;
  const heard: EventEmitter = process;
  const given = new Map<number, Connection>();
  const send = process.send.bind(process) as (...passed: unknown[]) => boolean;
  process.send = (message: unknown, ...passed: unknown[]): boolean => {
    const { cmd, act, seq } = message as ClusterMessage;
    const [connection] = passed;
    if (cmd === CLUSTER && act === 'newconn' && seq !== undefined && connection) {
      given.set(seq, connection as Connection);
    }
    return send(message, ...passed);
  };
  heard.on('internalMessage', ({ cmd, ack }: ClusterMessage) => {
    if (cmd === CLUSTER && ack !== undefined) given.delete(ack);
  });
  const giveOn = (): void => {
    for (const [seq, connection] of [...given]) {
      if (!areOthers()) connection.close();
      else heard.emit('internalMessage', { cmd: CLUSTER, ack: seq, accepted: false });
    }
    given.clear();
  };
  // Not at the end of its messages: of who has not taken a connection Node does not tell that.
  heard.once('exit', () => systemScheduler.schedule(giveOn, HEARD_MS));
}
