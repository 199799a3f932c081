// From the servers that a question names to contenders that run.
import { ServerGroup } from './server-group.mjs';

/**
 * @typedef {object} Entry
 * @property {string} name
 * @property {'ours' | 'limit' | 'peer'} role
 * @property {string} [version]
 * @property {boolean} [thorough] whether it is left out of a quick run
 * @property {() => import('./server-group.mjs').Starting} [server]
 * @property {() => { version?: string, start: import('./server-group.mjs').Starting }} [program] in place of
 *   `server`, what is no package of npm: throws where it is not to be had
 */

/**
 * Checks that a server answers right, and returns how it is measured.
 *
 * @callback Preparation
 * @param {import('./server-process.mjs').ServerProcess} server
 * @param {Entry} entry
 * @returns {Promise<import('../../harness/question.mjs').Contender['measure']>}
 */

/**
 * Starts the servers, one after the other. A program that is not to be had is told loudly, and left out.
 *
 * @param {readonly Entry[]} entries
 * @param {{ quick: boolean }} options
 * @param {(group: ServerGroup) => Preparation | Promise<Preparation>} preparing
 */
export async function openContenders(entries, { quick }, preparing) {
  const group = await ServerGroup.open();
  const close = () => group.close();
  try {
    const prepare = await preparing(group);
    const contenders = [];
    const measured = entries.filter(({ thorough }) => !(quick && thorough));
    for (const entry of measured) contenders.push(await contender(group, entry, prepare));
    return { contenders, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function contender(group, entry, prepare) {
  const { name, role } = entry;
  let { version } = entry;
  let starting;
  if (entry.program) {
    try {
      const program = entry.program();
      version = program.version;
      starting = program.start;
    } catch (error) {
      console.error(`!! ${name} IS NOT MEASURED: ${error.message}`);
      const skipped = error.message;
      return { name, role, version, skipped, measure: () => Promise.reject(new Error(skipped)) };
    }
  }
  const server = await group.start(name, starting ?? entry.server());
  return { name, role, version, measure: await prepare(server, entry) };
}
