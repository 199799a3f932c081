// What the build puts together once the compiler is through:
// - the command, one file with the service and all that it needs beside the library's own dependencies, so
//   that who imports the library installs none of it;
// - the live page, one file with its styles and scripts, so that a browser loads nothing from elsewhere.
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const COMMAND = join(ROOT, 'dist', 'command');
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** What Nest asks for where it is installed, and the service does without. */
const OPTIONAL = [
  '@nestjs/microservices',
  '@nestjs/websockets',
  '@fastify/static',
  'class-transformer',
  'class-validator',
];

/** What @redis/client asks for where it is installed. */
const OPTIONAL_OF_STORE = ['@node-rs/xxhash'];

/** What the page of the API loads. */
const SWAGGER_UI = ['swagger-ui-bundle.js', 'swagger-ui.css'];

/** CommonJS packages inside require what belongs to Node. */
const BANNER = `#!/usr/bin/env node
import { createRequire as requireFrom } from 'node:module';
const require = requireFrom(import.meta.url);`;

writePage(await bundledPage());
copySwaggerUi();

const { metafile } = await build({
  absWorkingDir: ROOT,
  entryPoints: ['dist/service/command/main.js'],
  outfile: 'dist/command/breakwater.js',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  minify: true,
  // Nest and the log name classes.
  keepNames: true,
  legalComments: 'none',
  banner: { js: BANNER },
  external: [...Object.keys(manifest.dependencies), ...OPTIONAL, ...OPTIONAL_OF_STORE],
  metafile: true,
  logLevel: 'warning',
});
chmodSync(join(COMMAND, 'breakwater.js'), 0o755);
writeFileSync(join(COMMAND, 'LICENSES.txt'), licencesOf(Object.keys(metafile.inputs)));

/** Script and styles of the page, each as one text. */
async function bundledPage() {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: { page: 'src/admin/page/page.ts', styles: 'src/admin/page/page.css' },
    outdir: 'dist/admin/page',
    bundle: true,
    format: 'iife',
    target: ['chrome123', 'firefox120', 'safari17.5'],
    minify: true,
    charset: 'utf8',
    legalComments: 'inline',
    // The styles of the chart's library are imported by ours.
    write: false,
    logLevel: 'warning',
  });
  const textOf = (ending) => outputFiles.find(({ path }) => path.endsWith(ending)).text;
  return { script: textOf('page.js'), styles: textOf('styles.css') };
}

/** Puts them into the document. Who serves it allows these two alone, by their hashes. */
function writePage({ script, styles }) {
  if (/<\/(?:script|style)/i.test(script + styles)) throw new Error('the page would end early');
  const page = readFileSync(join(ROOT, 'src/admin/page/index.html'), 'utf8')
    .replace('<!-- style -->', () => `<style>${styles}</style>`)
    .replace('<!-- script -->', () => `<script>${script}</script>`);
  // Who serves it looks beside itself, and the command has it inside.
  for (const folder of [join(ROOT, 'dist/admin/page'), join(COMMAND, 'page')]) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'index.html'), page);
  }
}

/** Puts beside the command what the page of the API loads, which stands in no module. */
function copySwaggerUi() {
  const swagger = createRequire(import.meta.url).resolve('@nestjs/swagger');
  const manifest = createRequire(swagger).resolve('swagger-ui-dist/package.json');
  mkdirSync(join(COMMAND, 'swagger-ui'), { recursive: true });
  for (const file of [...SWAGGER_UI, 'swagger-ui-bundle.js.LICENSE.txt', 'LICENSE', 'NOTICE']) {
    copyFileSync(join(dirname(manifest), file), join(COMMAND, 'swagger-ui', file));
  }
}

/** The licences of the packages whose files are inside, each with its text. */
function licencesOf(files) {
  const folders = new Set(
    files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []),
  );
  const texts = [...folders].sort().map((folder) => {
    const textOf = (file) => readFileSync(join(ROOT, folder, file), 'utf8');
    const { name, version, license, licenses } = JSON.parse(textOf('package.json'));
    const file = readdirSync(join(ROOT, folder)).find((each) => /^licen[cs]e/i.test(each));
    // Some have it at the end of their README.
    const text = file ? textOf(file) : /^(?:#+ )?License\n[^]*/im.exec(textOf('README.md'))?.[0];
    const kind = license ?? licenses?.[0]?.type;
    if (!text || !kind) throw new Error(`${name} ${version} has no licence that can be told`);
    return `${name} ${version}: ${kind}\n\n${text.trim()}\n`;
  });
  const head =
    'breakwater.js contains these packages besides Breakwater, which is MIT (../../LICENSE).\n';
  return [head, ...texts].join(`\n${'-'.repeat(80)}\n\n`);
}
