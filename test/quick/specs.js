// Which specs a quick run has, and why the others are left out: `node test/quick/specs.js` tells.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What in the text of a spec, or of test support that it imports, makes it a slow one. */
const MARKS = [
  ['starts a process', /node:child_process/],
  ['starts a thread', /node:worker_threads/],
  [
    'opens a server',
    /app\.listen\(|\.listen\((0|\{ port)|createServer\(|ScriptedBackend\.start|'supertest'/,
  ],
  ['writes to the disk', /\bmkdtemp/],
  ['tries thousands of cases', /'fast-check'/],
];
const IMPORTED = /\bfrom '(\.{1,2}\/[^']+)\.js'|\bimport\('(\.{1,2}\/[^']+)\.js'\)/g;
/** Files for tests alone. Sources are not looked into: nothing happens because it could be imported. */
const FOR_TESTS = /\.spec\.ts$|\.e2e-spec\.ts$|(^|\/)testing\/|^test\//;

/**
 * Sorts every spec: a quick one starts no process and no thread, opens no server, leaves the disk
 * alone and draws no cases by chance. Paths are relative to the root.
 *
 * @returns {{ quick: string[], leftOut: Map<string, string> }} the quick ones; of each other, the reason
 */
export function sortSpecs() {
  const specs = ['src', 'test']
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
        posix.join(folder, file.replaceAll('\\', '/')),
      ),
    )
    .filter((file) => /\.(spec|e2e-spec)\.ts$/.test(file))
    .sort();
  const reasons = specs.map((spec) => [spec, reasonOf(spec)]);
  return {
    quick: reasons.filter(([, reason]) => reason === undefined).map(([spec]) => spec),
    leftOut: new Map(reasons.filter(([, reason]) => reason !== undefined)),
  };
}

/** The first mark in what a spec reaches, the nearest file first. */
function reasonOf(spec) {
  const reached = new Set([spec]);
  for (const file of reached) {
    const { mark, imports } = read(file);
    if (mark) return file === spec ? mark : `${mark}, through ${file}`;
    for (const each of imports) reached.add(each);
  }
  return undefined;
}

const files = new Map();

function read(file) {
  let known = files.get(file);
  if (!known) {
    const text = readFileSync(join(ROOT, file), 'utf8');
    const imports = [...text.matchAll(IMPORTED)]
      .map(([, path, dynamic]) => posix.join(dirname(file), `${path ?? dynamic}.ts`))
      .filter((path) => FOR_TESTS.test(path) && existsSync(join(ROOT, path)));
    known = { mark: MARKS.find(([, pattern]) => pattern.test(text))?.[0], imports };
    files.set(file, known);
  }
  return known;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { quick, leftOut } = sortSpecs();
  for (const [spec, reason] of leftOut) console.log(`${spec}: ${reason}`);
  console.log(`${quick.length} specs are quick, ${leftOut.size} are left out`);
}
