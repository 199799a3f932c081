// Prometheus and its promtool, by which the alerts, the dashboard and the metrics page are checked. Run by
// itself it prints what redis-server.mjs prints.
import { dirname, join } from 'node:path';
import { findAlone, printServer } from './debian-server.mjs';

/** @returns {{ command: string, promtool: string }} */
export function prometheus() {
  const { command } = findAlone({
    names: ['prometheus'],
    packages: ['prometheus'],
    missing: 'There is no prometheus: neither on the PATH nor among the packages of apt.',
  });
  return { command, promtool: join(dirname(command), 'promtool') };
}

printServer(import.meta.url, prometheus);
