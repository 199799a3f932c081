// What the build puts together once the compiler is through:
// - the service and its command, with all that they need: who imports the library installs none of it, and
//   the service starts from a few files in place of 1 600;
// - the live page, one file with its styles and scripts, so that a browser loads nothing from elsewhere.
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundleService } from './service-bundle.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const COMMAND = join(ROOT, 'dist', 'command');

/** What the page of the API loads. */
const SWAGGER_UI = ['swagger-ui-bundle.js', 'swagger-ui.css'];

rmSync(COMMAND, { recursive: true, force: true });
writePage(await bundledPage());
copySwaggerUi();

const metafile = await bundleService(join(ROOT, 'dist/command'), {
  // Both as they are to be called; what both need is in files that both import.
  breakwater: 'dist/service/command/main.js',
  service: 'dist/service/main.js',
});
const command = join(COMMAND, 'breakwater.js');
writeFileSync(command, `#!/usr/bin/env node\n${readFileSync(command, 'utf8')}`);
chmodSync(command, 0o755);
// What the compiler has made of it starts the same from a thousand files, half a second later.
writeFileSync(join(ROOT, 'dist', 'main.js'), "import './command/service.js';\n");
rmSync(join(ROOT, 'dist', 'main.js.map'), { force: true });
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
