// What tests start as processes of their own, from today's sources: compiled as the tests themselves are,
// without asking about types, and put together as the build does, since a thousand files take two seconds
// of a core at each start. Usage: node scripts/test-programs.mjs <folder>
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { transformFileSync } from '@swc/core';
import { build } from 'esbuild';
import { bundleService } from './service-bundle.mjs';

const [out] = process.argv.slice(2);
const compiled = join(out, 'compiled');

const sources = readdirSync('src', { recursive: true })
  .filter((file) => file.endsWith('.ts') && !/\.spec\.ts$|^admin\/page\//.test(file))
  .map((file) => join('src', file));
for (const source of [...sources, 'test/support/replica-program.ts']) {
  const { code } = transformFileSync(source, {
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
    },
    module: { type: 'es6' },
  });
  const target = join(compiled, source.replace(/\.ts$/, '.js'));
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, code);
}
writeFileSync(join(out, 'package.json'), '{ "type": "module" }\n');
await bundleService(out, { service: join(compiled, 'src/service/main.js') });
// These have their own packages.
await build({
  entryPoints: {
    node: join(compiled, 'src/collapsed-forwarding/main.js'),
    cluster: join(compiled, 'src/cluster/testing/cluster-program.js'),
    replica: join(compiled, 'test/support/replica-program.js'),
  },
  outdir: out,
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  keepNames: true,
});
rmSync(compiled, { recursive: true });
