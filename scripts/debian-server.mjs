// Finds a server program that the tests need, and gets it where there is none: from the PATH, from what
// an earlier run has unpacked, by apt-get as root, or by unpacking its packages into this project.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const CACHE = join(ROOT, 'node_modules/.cache/breakwater');
/** Where servers are that only root has on the PATH. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin'];
const SYSTEM_BINARIES = ['usr/bin', 'usr/sbin'];
/** Of the packages that a server needs, those that every Debian has, or that only a service needs. */
const NOT_NEEDED =
  /^(libc6|adduser|dpkg|lsb-base|init-system-helpers|sysvinit-utils|iproute2|.*-common|libelogind0|<.*>)$/;

/**
 * @param {{ names: string[], packages: string[], missing: string }} wanted the commands that would do, the
 *   packages that have the first of them, the first being its own, and what to say where there is none
 * @returns {{ command: string, libraries?: string }} with the folders of the libraries that it needs
 */
export function findServer({ names, packages, missing }) {
  const cache = join(CACHE, packages[0]);
  const server =
    onPath(names) ??
    unpacked(cache, names) ??
    installed(names, packages) ??
    unpackedNow(cache, names, packages);
  if (!server) throw new Error(missing);
  return server;
}

/**
 * As {@link findServer}, of the backports of this Debian as well; neither the system's lists of packages
 * nor its packages are changed.
 */
export function findBackport({ names, packages, missing }) {
  const cache = join(CACHE, packages[0]);
  const server =
    onPath(names) ??
    unpacked(cache, names) ??
    unpackedNow(cache, names, packages, { optionsIn: backports });
  if (!server) throw new Error(missing);
  return server;
}

/**
 * As {@link findServer}, of a program that needs nothing of its package's dependencies; no package of the
 * system is changed, and its lists only where they do not know it.
 */
export function findAlone({ names, packages, missing }) {
  const cache = join(CACHE, packages[0]);
  const unpack = () => unpackedNow(cache, names, packages, { alone: true });
  const server =
    onPath(names) ??
    unpacked(cache, names) ??
    unpack() ??
    (runs('apt-get', ['update', '-q']) ? unpack() : undefined);
  if (!server) throw new Error(missing);
  return server;
}

/** As {@link findServer}, of a program that needs so much else that it is installed or not there at all. */
export function findInstalled({ names, packages, missing }) {
  const server = onPath(names) ?? installed(names, packages);
  if (!server) throw new Error(missing);
  return server;
}

/** Prints, as JSON, what `find` returns; for a module that is run by itself. */
export function printServer(moduleUrl, find) {
  if (!process.argv[1] || moduleUrl !== pathToFileURL(resolve(process.argv[1])).href) return;
  try {
    console.log(JSON.stringify(find()));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}

function onPath(names) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const commands = [...folders, ...SYSTEM_FOLDERS].flatMap((folder) =>
    names.map((name) => join(folder, name)),
  );
  const command = commands.find(executable);
  return command === undefined ? undefined : { command };
}

function executable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What an earlier run has unpacked. */
function unpacked(cache, names) {
  const command = SYSTEM_BINARIES.map((folder) => join(cache, folder, names[0])).find(existsSync);
  if (command === undefined) return undefined;
  const libraries = join(cache, 'usr/lib');
  if (!existsSync(libraries)) return { command };
  const folders = readdirSync(libraries).filter((name) => name.includes('-linux-'));
  return { command, libraries: folders.map((name) => join(cache, 'usr/lib', name)).join(':') };
}

/** Installs the package, where that is allowed, without starting it as a service. */
function installed(names, packages) {
  if (process.getuid?.() !== 0) return undefined;
  const install = () =>
    runs('apt-get', ['-o', 'DPkg::Lock::Timeout=120', 'install', '-y', '-q', packages[0]], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    });
  if (!install() && !(runs('apt-get', ['update', '-q']) && install())) return undefined;
  return onPath(names);
}

/** Options by which apt sees the backports beside what the system has, with lists of its own in `folder`. */
function backports(folder) {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const codename = /^VERSION_CODENAME=(\w+)$/m.exec(release)?.[1];
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
  if (!/^ID=debian$/m.test(release) || codename === undefined || !existsSync(keyring)) return [];
  const lists = join(folder, 'lists');
  const sources = join(folder, 'sources.list');
  const system = '/etc/apt/sources.list';
  mkdirSync(join(lists, 'partial'), { recursive: true });
  writeFileSync(
    sources,
    `${existsSync(system) ? readFileSync(system, 'utf8') : ''}
deb [signed-by=${keyring}] http://deb.debian.org/debian ${codename}-backports main\n`,
  );
  const options = ['-o', `Dir::Etc::SourceList=${sources}`, '-o', `Dir::State::Lists=${lists}`];
  runs('apt-get', [...options, 'update', '-q']);
  return options;
}

/**
 * Unpacks the packages and, unless they are to be `alone`, the libraries they need into a folder of this
 * project.
 */
function unpackedNow(cache, names, packages, { optionsIn = () => [], alone = false } = {}) {
  const folder = temporaryBeside(cache);
  try {
    const options = optionsIn(folder);
    const needed = (alone ? [] : packages)
      .flatMap((name) => dependencies(name, options))
      .filter((name) => !NOT_NEEDED.test(name));
    const all = [...new Set([...packages, ...needed])];
    if (!runs('apt-get', [...options, 'download', '-q', ...all], { cwd: folder })) return undefined;
    const archives = readdirSync(folder).filter((name) => name.endsWith('.deb'));
    const root = join(folder, 'root');
    if (!archives.every((name) => runs('dpkg', ['-x', join(folder, name), root]))) return undefined;
    // Complete or not there at all, also for a run beside this one.
    if (!existsSync(cache)) renameSync(root, cache);
    return unpacked(cache, names);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function dependencies(name, options) {
  const args = [...options, 'depends', '--no-recommends', name];
  const { stdout } = spawnSync('apt-cache', args, { encoding: 'utf8' });
  return [...(stdout ?? '').matchAll(/^ {2}(?:Pre)?Depends: (\S+)/gm)].map((match) => match[1]);
}

function temporaryBeside(path) {
  mkdirSync(dirname(path), { recursive: true });
  return mkdtempSync(`${path}-`);
}

function runs(command, args, options = {}) {
  return spawnSync(command, args, { stdio: 'ignore', timeout: 180_000, ...options }).status === 0;
}
