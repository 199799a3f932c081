// Contenders of which each round is a process of its own: what one contender taught the compiler, and
// the garbage that it left, must not be the next one's trouble.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { pinned, SERVER_CORE } from './cores.mjs';

const MICRO = fileURLToPath(new URL('./micro.mjs', import.meta.url));
const TIMEOUT_MS = 120_000;

/**
 * Calls `measure(name, options)` of a question's file in a fresh process, on the core of what is
 * measured.
 *
 * @param {string} questionUrl `import.meta.url` of the question
 * @param {string} name of the contender
 * @param {object} options as JSON
 * @param {readonly string[]} [flags] for Node
 * @returns {Promise<Readonly<Record<string, number>>>}
 */
export async function measureApart(questionUrl, name, options, flags = []) {
  const script = [MICRO, fileURLToPath(questionUrl), name, JSON.stringify(options)];
  const command = pinned(SERVER_CORE, process.execPath, ['--expose-gc', ...flags, ...script]);
  // The figures come on a channel of their own: contenders may write to the others.
  const child = spawn(...command, { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
  let text = '';
  child.stdio[3].setEncoding('utf8').on('data', (chunk) => (text += chunk));
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (...end) => resolve(end));
  }).finally(() => clearTimeout(timer));
  if (code !== 0) throw new Error(`its process ended with ${signal ?? `exit code ${code}`}`);
  return JSON.parse(text);
}

/**
 * What `open` of such a question returns.
 *
 * @param {string} questionUrl `import.meta.url` of the question
 * @param {readonly Omit<import('./question.mjs').Contender, 'measure'>[]} contenders
 * @param {{ quick: boolean }} options
 * @param {readonly string[]} [flags] for Node
 */
export function apart(questionUrl, contenders, options, flags) {
  const measured = contenders.map((contender) => ({
    ...contender,
    measure: () => measureApart(questionUrl, contender.name, options, flags),
  }));
  return { contenders: measured, close: async () => {} };
}
