// How the service is put together from what the compiler has made of it: into a few files in place of 1 600,
// with all packages that it needs.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

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

/** Puts programs of compiled files together in a folder, and returns what they are made of. */
export async function bundleService(outdir, programs) {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: { ...programs, [REFLECT]: 'reflect-metadata' },
    outdir,
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
  return metafile;
}

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
