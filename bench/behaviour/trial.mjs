import { setTimeout as sleep } from 'node:timers/promises';
import { scenarios } from './scenarios/index.mjs';
import { subjects } from './subjects/index.mjs';
import { named } from './wording.mjs';

// One scenario with one subject, in a process of its own: what wedges, crashes or sets the clock here
// reaches nobody else. Says what it has seen to its parent.
const [scenarioId, subjectId] = process.argv.slice(2);

/** Long enough for Node to notice a rejection that nobody handles. */
const AFTERMATH_MS = 30;

const unhandled = [];
process.on('unhandledRejection', (reason) => unhandled.push(reason));

const observation = await observe();
await sleep(AFTERMATH_MS);
process.send(withUnhandled(observation), () => process.exit(0));

async function observe() {
  const scenario = scenarios.find(({ id }) => id === scenarioId);
  const subject = subjects.find(({ id }) => id === subjectId);
  try {
    return await scenario.run(subject);
  } catch (error) {
    return { happened: `The trial ended with ${named(error)}.`, pass: false };
  }
}

/** An unhandled rejection ends a process that does not listen for it: no scenario is passed with one. */
function withUnhandled({ happened, pass }) {
  if (unhandled.length === 0) return { happened, pass };
  return { happened: `${happened} Unhandled rejection: ${named(unhandled[0])}.`, pass: false };
}
