// What is in deploy/, parsed.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { ROOT } from '../packaging/pack.mjs';

const FOLDER = join(ROOT, 'deploy');

/** The text of a file below deploy/. */
export function textOf(file) {
  return readFileSync(join(FOLDER, file), 'utf8');
}

/** The one document of a YAML file below deploy/; what YAML only warns of is an error here. */
export function yamlOf(file) {
  const documents = parseAllDocuments(textOf(file), { merge: true });
  const [problem] = documents.flatMap(({ errors, warnings }) => [...errors, ...warnings]);
  if (problem) throw new Error(`deploy/${file}: ${problem.message}`);
  if (documents.length !== 1) throw new Error(`deploy/${file}: not one document`);
  return documents[0].toJS();
}

/** The Kubernetes objects with the files they are in. */
export function manifests() {
  return readdirSync(join(FOLDER, 'kubernetes'))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => ({ name, file: `kubernetes/${name}`, object: yamlOf(`kubernetes/${name}`) }));
}

/** The number of milliseconds that `30s`, `500ms` or `1m` stands for. */
export { milliseconds as durationMs } from '../container/dockerfile.mjs';
