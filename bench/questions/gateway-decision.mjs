import { apart } from '../harness/apart.mjs';
import { defineQuestion } from '../harness/question.mjs';
import { nsPerOperation } from '../harness/timing.mjs';

const OURS = 'Breakwater';
const COUNTS = [1, 100, 1_000];
/** So many turns are one operation: what is timed takes less than looking at the clock. */
const TURNS = 1_000;

export const question = defineQuestion({
  id: 'gateway-decision',
  title: 'What the gateway decides for each request',
  about:
    'Whether a stored answer may be used, the normal form of a target, and which rule is for a request, of ' +
    '1, 100 and 1,000 rules, by rules that are found and for paths that no rule but the last is for.',
  metrics: [
    { id: 'reuse', title: 'decision per hit', unit: 'ns', better: 'less' },
    { id: 'target', title: 'normal form of a target', unit: 'ns', better: 'less' },
    ...COUNTS.map((count) => ({
      ...{ id: `find${count}`, title: `rule of ${count.toLocaleString('en')}` },
      ...{ unit: 'ns', better: /** @type {const} */ ('less') },
    })),
  ],
  targets: [
    atMost('reuse', 100, 'whether a hit may be used takes at most 100 ns'),
    atMost('find1', 100, 'the one rule is found in 0.1 µs'),
    atMost('find100', 500, 'a rule of 100 is found in 0.5 µs'),
    atMost('find1000', 500, 'a rule of 1,000 is found in 0.5 µs'),
  ],
  open: async ({ quick }) => apart(import.meta.url, [{ name: OURS, role: 'ours' }], { quick }),
});

/** @param {string} _name @param {{ quick: boolean }} options */
export async function measure(_name, options) {
  const figures = { reuse: await reuse(options), target: await target(options) };
  for (const count of COUNTS) figures[`find${count}`] = await find(count, options);
  return figures;
}

/** @param {(turn: number) => boolean} isRight */
async function nsPerTurn(isRight, options) {
  let wrong = 0;
  const all = await nsPerOperation(() => {
    for (let turn = 0; turn < TURNS; turn++) if (!isRight(turn)) wrong++;
  }, options);
  if (wrong > 0) throw new Error(`${wrong} decisions were wrong`);
  return all / TURNS;
}

async function reuse(options) {
  const { mayReuse } = await import('../../dist/http-cache/index.js');
  const facts = {
    ...{ lifetimeS: 600, initialAgeS: 0, staleS: 660, staleIfErrorS: 660 },
    ...{ noCache: false, forbidsStale: false, isForAuthorized: false },
  };
  const asker = { authorization: false, onlyIfCached: false, advice: undefined };
  return nsPerTurn((turn) => {
    const use = mayReuse(facts, turn, asker, 'guarded');
    return turn < 600 ? use === 'fresh' : use !== 'fresh';
  }, options);
}

async function target(options) {
  const { normalTarget } = await import('../../dist/http-cache/index.js');
  const targets = Array.from({ length: TURNS }, (_, i) => `/catalogue/${i}?page=${i}&sort=name`);
  return nsPerTurn((turn) => typeof normalTarget(targets[turn]) !== 'string', options);
}

async function find(count, options) {
  const { rulesOf } = await import('../../dist/gateway/rules/index.js');
  const rules = Array.from({ length: count - 1 }, (_, i) => ({
    name: `rule${i}`,
    match: { path: `/area${i % 30}/service${i}/**` },
  }));
  const { table } = rulesOf({ to: 'http://127.0.0.1:1', rules });
  const paths = Array.from({ length: TURNS }, (_, i) => {
    const rule = (i * 7) % count;
    return { path: `/area${rule % 30}/service${rule}/item${i}`, name: rules[rule]?.name };
  });
  return nsPerTurn((turn) => {
    const { path, name } = paths[turn];
    const found = table.find('GET', 'bench', path);
    return name === undefined ? found !== undefined : found?.name === name;
  }, options);
}

/** @returns {import('../harness/question.mjs').Target} */
function atMost(metric, most, text) {
  return { metric, of: OURS, atMost: most, text };
}
