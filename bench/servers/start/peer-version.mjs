// Versions of what the servers are built of, some of it the benchmark's, some the service's own.
import { readFileSync } from 'node:fs';

const FOLDERS = ['../../node_modules', '../../../node_modules'];

/**
 * The versions of packages, in the order of their names: `12.0.0 + 5.0.0`.
 *
 * @param {...string} names
 */
export function peerVersion(...names) {
  return names.map(installed).join(' + ');
}

function installed(name) {
  for (const folder of FOLDERS) {
    try {
      const path = new URL(`${folder}/${name}/package.json`, import.meta.url);
      return JSON.parse(readFileSync(path, 'utf8')).version;
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
  }
  throw new Error(`${name} is not installed`);
}
