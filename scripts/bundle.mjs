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

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const COMMAND = join(ROOT, 'dist', 'command');

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

/** What stays outside, and is asked for by few: it has a binary, or is as large as half of the rest. */
const NATIVE = ['libsql', '@redis/client', 'yaml'];

/** The file that everything else imports first: decorators have to find it, in whatever order files come. */
const REFLECT = 'reflect';

/** CommonJS packages inside require what belongs to Node. */
const BANNER = `import './${REFLECT}.js';
import { createRequire as requireFrom } from 'node:module';
const require = requireFrom(import.meta.url);`;

/** Packages of which a part is enough, and what is taken of them. */
const PARTS = {
  undici: `
    export { default as Agent } from 'undici/lib/dispatcher/agent.js';
    export { default as buildConnector } from 'undici/lib/core/connect.js';
    export { default as errors } from 'undici/lib/core/errors.js';`,
  // Of its modules in place of those of CommonJS, nobody needs all.
  rxjs: "export * from './node_modules/rxjs/dist/esm/index.js';",
  'rxjs/operators': "export * from './node_modules/rxjs/dist/esm/operators/index.js';",
  // Uploads and bodies, which no route of the service takes.
  multer: 'export default {};',
  'body-parser': 'export default {};',
};

rmSync(COMMAND, { recursive: true, force: true });
writePage(await bundledPage());
copySwaggerUi();

const { metafile } = await build({
  absWorkingDir: ROOT,
  entryPoints: {
    // Both as they are to be called; what both need is in files that both import.
    breakwater: 'dist/service/command/main.js',
    service: 'dist/service/main.js',
    [REFLECT]: 'reflect-metadata',
  },
  outdir: 'dist/command',
  bundle: true,
  // What is imported when it is asked for stays in files of its own.
  splitting: true,
  chunkNames: '[name]-[hash]',
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  // A stack is read by people: no shorter names.
  minifyWhitespace: true,
  // Nest and the log tell those of classes.
  keepNames: true,
  legalComments: 'none',
  banner: { js: BANNER },
  external: [...NATIVE, ...OPTIONAL_OF_STORE],
  plugins: [lessThanAll()],
  metafile: true,
  logLevel: 'warning',
});
nameClassesAlone(Object.keys(metafile.outputs));
const command = join(COMMAND, 'breakwater.js');
writeFileSync(command, `#!/usr/bin/env node\n${readFileSync(command, 'utf8')}`);
chmodSync(command, 0o755);
// What the compiler has made of it starts the same from a thousand files, half a second later.
writeFileSync(join(ROOT, 'dist', 'main.js'), "import './command/service.js';\n");
rmSync(join(ROOT, 'dist', 'main.js.map'), { force: true });
writeFileSync(join(COMMAND, 'LICENSES.txt'), licencesOf(Object.keys(metafile.inputs)));

/**
 * Has classes named as they are in their sources, each once. Functions would be too, whenever one is made:
 * that costs each request more than all that the service does for it.
 */
function nameClassesAlone(files) {
  const ofClass = /static\{__name\(this,("[^"]+")\)\}/g;
  const definition =
    /\b__name=\(target,value\)=>__defProp\(target,"name",\{value,configurable:true\}\)/g;
  let found = 0;
  for (const file of files) {
    const path = join(ROOT, file);
    const text = readFileSync(path, 'utf8')
      .replace(ofClass, 'static{Object.defineProperty(this,"name",{value:$1,configurable:true})}')
      .replace(definition, () => (found++, '__name=target=>target'));
    writeFileSync(path, text);
  }
  if (found !== 1) throw new Error(`the bundler names functions in ${found} places, not in one`);
}

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

/** Leaves out what the service does without. */
function lessThanAll() {
  const absent = OPTIONAL.map((name) => name.replaceAll('/', '\\/')).join('|');
  const known = Object.keys(PARTS).map((name) => name.replaceAll('/', '\\/'));
  return {
    name: 'less-than-all',
    setup(build) {
      build.onResolve({ filter: new RegExp(`^(?:${known.join('|')})$`) }, ({ path, namespace }) =>
        namespace === 'part' ? undefined : { path, namespace: 'part' },
      );
      build.onLoad({ filter: /.*/, namespace: 'part' }, ({ path }) => ({
        contents: PARTS[path],
        resolveDir: ROOT,
      }));
      // Asked for where they are installed: found nowhere they are as good as not there.
      build.onResolve({ filter: new RegExp(`^(?:${absent})(?:/|$)`) }, ({ path }) => ({
        path,
        namespace: 'absent',
      }));
      build.onLoad({ filter: /.*/, namespace: 'absent' }, ({ path }) => ({
        contents: `throw Object.assign(new Error("Cannot find package '${path}'"), { code: 'MODULE_NOT_FOUND' });`,
      }));
    },
  };
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
