// Builds after an install in a working copy. Where the compiler or the sources are not there (a production
// install without development dependencies, an unpacked package) there is nothing to build with or from.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const needed = [join(root, 'node_modules', 'typescript'), join(root, 'src', 'main.ts')];

if (needed.every((path) => existsSync(path))) await import('./build.mjs');
