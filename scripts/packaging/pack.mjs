import { dirname, join } from 'node:path';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { run } from '../processes.mjs';

/** The working copy that the scripts work on. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Packs the package as it would be published and says where the tarball is and what is in it. */
export function pack(folder) {
  if (!existsSync(join(ROOT, 'dist', 'index.js'))) {
    throw new Error('There is no dist/index.js to pack: npm run build');
  }
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const answer = JSON.parse(run('npm', args, { cwd: ROOT }));
  // npm 12 answers with an object by package name, earlier ones with a list.
  const [packed] = Array.isArray(answer) ? answer : Object.values(answer);
  return {
    tarball: join(folder, packed.filename),
    files: packed.files.map((file) => file.path),
    bytes: packed.size,
  };
}
