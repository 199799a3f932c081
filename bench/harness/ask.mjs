// Asks one question: `ask.mjs <question file> <result file> <JSON of { rounds, quick }>`. Each round
// calls all contenders in turn, so that whatever changes on the machine changes for all of them, and
// each round begins with another one.
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [, , file, resultFile, options] = process.argv;
const { rounds, quick } = JSON.parse(options);
const { question } = await import(pathToFileURL(file).href);
const { contenders, close } = await question.open({ quick });
const running = contenders.filter(({ skipped }) => skipped === undefined);
const figures = new Map(running.map(({ name }) => [name, []]));

try {
  for (let round = 0; round < rounds; round++) {
    const first = round % Math.max(1, running.length);
    for (const contender of [...running.slice(first), ...running.slice(0, first)]) {
      process.stderr.write(`   round ${round + 1} of ${rounds}: ${contender.name}\n`);
      figures.get(contender.name).push(await measured(contender));
    }
  }
} finally {
  await close();
}

const results = contenders.map(({ name, role, version, skipped }) => ({
  name,
  role,
  version,
  skipped,
  rounds: figures.get(name) ?? [],
}));
writeFileSync(resultFile, JSON.stringify({ contenders: results }));
process.exit(0);

/** @param {import('./question.mjs').Contender} contender */
async function measured(contender) {
  try {
    return await contender.measure();
  } catch (error) {
    throw new Error(`"${contender.name}" failed in question ${question.id}`, { cause: error });
  }
}
