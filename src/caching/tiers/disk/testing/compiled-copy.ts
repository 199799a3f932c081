import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const SOURCES = join(process.cwd(), 'src');
const FOLDERS = ['ground', 'caching/kernel', 'caching/tiers/disk'];

/** `transformFileSync` of `@swc/core`, which only specs may import. */
type Transform = (path: string, options: object) => { readonly code: string };

/**
 * Compiles the disk tier and what it imports into `folder`, for child processes.
 * @param withLibraries whether it finds what is installed
 * @returns its entry's path
 */
export function compileDiskTier(
  transform: Transform,
  folder: string,
  withLibraries = true,
): string {
  for (const sources of FOLDERS) {
    for (const name of readdirSync(join(SOURCES, sources))) {
      if (!name.endsWith('.ts') || name.endsWith('.spec.ts')) continue;
      const { code } = transform(join(SOURCES, sources, name), {
        swcrc: false,
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
      });
      const path = join(folder, sources, name.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, code);
    }
  }
  if (withLibraries) symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  return join(folder, 'caching/tiers/disk/disk.tier.js');
}
