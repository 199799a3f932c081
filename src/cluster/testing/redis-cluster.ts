import { setTimeout as sleep } from 'node:timers/promises';
import { RedisServer } from './redis-server.js';

const SLOTS = 16_384;
const FORM_LIMIT_MS = 40_000;

/** Three masters without replicas, each with a third of the slots. */
export class RedisCluster {
  private constructor(readonly nodes: readonly RedisServer[]) {}

  static async start(): Promise<RedisCluster> {
    const nodes = await Promise.all([1, 2, 3].map(() => RedisServer.start({ cluster: true })));
    const cluster = new RedisCluster(nodes);
    await cluster.form();
    return cluster;
  }

  /** The form that names every node. */
  get url(): string {
    return `redis://${this.nodes.map((node) => `127.0.0.1:${node.port}`).join(',')}`;
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  private async form(): Promise<void> {
    const share = Math.ceil(SLOTS / this.nodes.length);
    const [first] = this.nodes;
    for (const [index, node] of this.nodes.entries()) {
      const last = Math.min(SLOTS, (index + 1) * share) - 1;
      await node.command('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
      await node.command('CLUSTER', 'ADDSLOTSRANGE', index * share, last);
      if (first && node !== first) {
        await first.command('CLUSTER', 'MEET', '127.0.0.1', node.port, node.busPort);
      }
    }
    const limit = Date.now() + FORM_LIMIT_MS;
    while (!(await this.formed())) {
      if (Date.now() > limit) throw new Error('The cluster was not formed.');
      await sleep(20);
    }
  }

  private async formed(): Promise<boolean> {
    const infos = await Promise.all(this.nodes.map((node) => node.command('CLUSTER', 'INFO')));
    return infos.every(
      (info) => /state:ok/.test(String(info)) && /known_nodes:3/.test(String(info)),
    );
  }
}
