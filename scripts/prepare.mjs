// Builds after an install in a working copy. Where the tools or the sources are not there (a production
// install without development dependencies, an unpacked package) there is nothing to build with or from.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const nest = join(root, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
const needed = [
  nest,
  join(root, 'node_modules', 'typescript'),
  join(root, 'node_modules', 'esbuild'),
  join(root, 'src', 'main.ts'),
];

if (needed.every((path) => existsSync(path))) {
  const run = (...args) =>
    spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status ?? 1;
  process.exitCode = run(nest, 'build') || run(join(root, 'scripts', 'bundle.mjs'));
}
