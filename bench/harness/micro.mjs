// One round of one contender, in a process of its own: `micro.mjs <question> <contender> <options>`.
import { writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const FIGURES = 3;

const [, , file, name, options] = process.argv;
const { measure } = await import(pathToFileURL(file).href);
writeSync(FIGURES, JSON.stringify(await measure(name, JSON.parse(options))));
// Some contenders leave timers behind, which is measured where it is the question.
process.exit(0);
