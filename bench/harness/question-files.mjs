// The questions there are, and the order in which they are asked and told.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = new URL('../questions/', import.meta.url);

/** What a reader wants to know first. */
const ORDER = [
  'http-hot-hit',
  'http-fan-out',
  'http-',
  'gateway-hit',
  'gateway-',
  'start',
  'join',
  'memory-hit',
  'miss',
  'breaker-',
  'idle-breakers',
  'growth',
  'mass-expiry',
];

/** @typedef {{ file: string, question: import('./question.mjs').Question }} QuestionFile */

/**
 * All questions, or those that `only` names.
 *
 * @param {readonly string[]} [only] ids
 * @returns {Promise<QuestionFile[]>}
 */
export async function questionFiles(only) {
  /** @type {QuestionFile[]} */
  const found = [];
  for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.mjs'))) {
    const url = new URL(name, FOLDER);
    const { question } = await import(url.href);
    if (question) found.push({ file: fileURLToPath(url), question });
  }
  found.sort((a, b) => rank(a) - rank(b) || (a.question.id < b.question.id ? -1 : 1));
  if (!only) return found;
  const known = new Set(found.map(({ question }) => question.id));
  const unknown = only.filter((id) => !known.has(id));
  if (unknown.length > 0) {
    throw new Error(`no question ${unknown.join(', ')}; there are ${[...known].join(', ')}`);
  }
  return found.filter(({ question }) => only.includes(question.id));
}

/** @param {QuestionFile} file */
function rank({ question }) {
  const at = ORDER.findIndex((beginning) => question.id.startsWith(beginning));
  return at === -1 ? ORDER.length : at;
}
