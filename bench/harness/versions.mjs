// Which versions the tables speak of.
import { readFileSync } from 'node:fs';

/** @param {URL} url */
function versionIn(url) {
  return /** @type {{ version: string }} */ (JSON.parse(readFileSync(url, 'utf8'))).version;
}

/**
 * Version of a package that the benchmark is installed with.
 *
 * @param {string} name
 */
export function versionOf(name) {
  return versionIn(new URL(`../node_modules/${name}/package.json`, import.meta.url));
}
