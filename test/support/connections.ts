import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const ESTABLISHED = '01';
const NOTHING_UNREAD = /:0+$/;

/**
 * Resolves once so many connections to these ports are open, with all of their requests read. It is how to
 * know that what went through a load balancer has arrived: the balancer has a connection for each request
 * that is under way. Where the system does not tell, it resolves at once.
 */
export async function connectionsReach(ports: readonly number[], count: number): Promise<void> {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].filter((table) => existsSync(table));
  if (tables.length === 0) return;
  const deadline = Date.now() + 40_000;
  for (;;) {
    const open = tables.flatMap(rowsOf).filter(({ port }) => ports.includes(port));
    const read = open.filter(({ unread }) => !unread).length;
    if (count === 0 ? open.length === 0 : read >= count) return;
    if (Date.now() > deadline) {
      throw new Error(`${read} of ${open.length} connections have been read, not ${count}`);
    }
    await sleep(5);
  }
}

function rowsOf(table: string): { port: number; unread: boolean }[] {
  const [, ...lines] = readFileSync(table, 'utf8').trim().split('\n');
  return lines.flatMap((line) => {
    const [, local = '', , state, queues = ''] = line.trim().split(/\s+/);
    if (state !== ESTABLISHED) return [];
    const port = Number.parseInt(local.split(':')[1] ?? '', 16);
    return [{ port, unread: !NOTHING_UNREAD.test(queues) }];
  });
}
