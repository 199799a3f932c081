import { ClusterProcess } from '../testing/cluster-process.js';
import { RedisServer } from '../testing/redis-server.js';
import { describeSoak } from '../testing/soak.js';
import type { StoreTrouble } from '../testing/soak.js';

let server: RedisServer;

function command(line: string, loses = false): Record<string, StoreTrouble> {
  const make = async (then: () => void) => {
    await server.command(...line.split(' '));
    then();
  };
  return { [line]: { make, loses } };
}

async function restart(then: () => void): Promise<void> {
  await server.kill();
  then();
  await server.start();
}

describeSoak('chaos', {
  open: async () => {
    server = await RedisServer.start();
  },
  startProcess: (settings) => ClusterProcess.start({ port: server.port, settings, memory: true }),
  troubles: {
    'restart the store': { make: restart, loses: true },
    ...command('FLUSHALL', true),
    ...command('SCRIPT FLUSH'),
    ...command('CLIENT KILL TYPE normal'),
    ...command('CLIENT KILL TYPE pubsub'),
    ...command('DEL bw1:epochs'),
  },
  close: () => server.stop(),
});
