// Whether Kubernetes would take a manifest: by the schema of its kind, and by its type, which alone notices
// a property that is misspelt or at the wrong place.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from '../packaging/pack.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
/** Below the schemas' own folder, where the compiler finds them. */
const CACHE = join(HERE, 'node_modules/.cache/breakwater');
const PACKAGES = {
  'gateway.networking.k8s.io': '@kubernetes-models/gateway-api',
  'gateway.envoyproxy.io': '@kubernetes-models/envoy-gateway',
};

const COMPILER = {
  target: 'es2023',
  module: 'nodenext',
  types: [],
  strict: true,
  skipLibCheck: true,
  noEmit: true,
};

function moduleOf({ apiVersion, kind }) {
  return `${PACKAGES[apiVersion.split('/')[0]] ?? 'kubernetes-models'}/${apiVersion}/${kind}`;
}

/** Installs the schemas and types of the kinds, unless they are there as the lock says. */
export function installTypes() {
  const installed = join(HERE, 'node_modules/.package-lock.json');
  const isThere =
    existsSync(installed) &&
    statSync(installed).mtimeMs >= statSync(join(HERE, 'package-lock.json')).mtimeMs;
  if (isThere) return;
  const install = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, stderr } = spawnSync('npm', install, { cwd: HERE, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm ci in scripts/deploy failed:\n${stderr}`);
}

/** Throws with what the schema of its kind does not allow. */
export async function validate({ file, object }) {
  const { [object.kind]: Model } = await import(moduleOf(object)).catch((cause) => {
    throw new Error(`deploy/${file}: no ${object.apiVersion} ${object.kind}`, { cause });
  });
  try {
    new Model(object).validate();
  } catch (error) {
    throw new Error(`deploy/${file}: ${error.message}`, { cause: error });
  }
}

/** What the compiler says of the manifests as literals of their types, a line each; nothing if all is well. */
export function misfits(manifests) {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'manifests-'));
  try {
    for (const { name, object } of manifests) {
      const type = `import('${moduleOf(object)}').I${object.kind}`;
      const literal = JSON.stringify(object, undefined, 1);
      writeFileSync(join(folder, `${name}.mts`), `void (${literal} satisfies ${type});\n`);
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: COMPILER }));
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const { stdout } = spawnSync(process.execPath, [tsc, '-p', '.'], {
      cwd: folder,
      encoding: 'utf8',
    });
    return stdout.trim();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
