import { transformSync } from '@swc/core';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

let built: string | undefined;

/**
 * Path of the program of a {@link ClusterProcess}, compiled from today's sources: once a test file,
 * in well under a second, into a folder of its own.
 */
export function clusterProgram(): string {
  built ??= build();
  return built;
}

function build(): string {
  const root = process.cwd();
  const cache = join(root, 'node_modules/.cache/breakwater');
  mkdirSync(cache, { recursive: true });
  const out = mkdtempSync(join(cache, 'cluster-'));
  writeFileSync(join(out, 'package.json'), '{ "type": "module" }\n');
  for (const folder of ['cluster', 'ground']) {
    const sources = readdirSync(join(root, 'src', folder), { recursive: true, encoding: 'utf8' });
    for (const source of sources) {
      if (!source.endsWith('.ts') || source.endsWith('.spec.ts')) continue;
      // Of the folder only what runs without Nest.
      if (folder === 'cluster' && !/^(circuit|kernel|lease|machine|store|testing)\//.test(source))
        continue;
      const { code } = transformSync(readFileSync(join(root, 'src', folder, source), 'utf8'), {
        jsc: { target: 'es2022', parser: { syntax: 'typescript', decorators: true } },
        module: { type: 'es6' },
      });
      const target = join(out, folder, source.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, code);
    }
  }
  return join(out, 'cluster/testing/cluster-program.js');
}
