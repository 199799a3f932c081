// What was measured, as it was measured: a file for each question and Node, from which tables and plot
// can be made again.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../reports/bench/', import.meta.url));

/**
 * @typedef {object} ContenderResult
 * @property {string} name
 * @property {'ours' | 'limit' | 'peer'} role
 * @property {string} [version]
 * @property {string} [skipped]
 * @property {Record<string, number>[]} rounds
 */

/**
 * @typedef {object} RawResult of one question on one Node
 * @property {string} id
 * @property {string} node
 * @property {number} rounds
 * @property {boolean} quick
 * @property {import('./machine.mjs').Machine} machine
 * @property {ContenderResult[]} contenders
 */

/** Where results are kept; those of a quick run stand apart, as they are no results. @param {boolean} quick */
export function resultFolder(quick) {
  const folder = quick ? join(FOLDER, 'quick') : FOLDER;
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** @param {RawResult} result */
export function keep(result) {
  const name = `${result.id}.node-${majorOf(result.node)}.json`;
  writeFileSync(join(resultFolder(result.quick), name), `${JSON.stringify(result, null, 2)}\n`);
}

/** The results of the last full run of each question. @returns {RawResult[]} */
export function keptResults() {
  if (!existsSync(FOLDER)) return [];
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(join(FOLDER, file), 'utf8')));
}

/** @param {string} version of Node */
export function majorOf(version) {
  return Number(version.split('.', 1)[0]);
}
