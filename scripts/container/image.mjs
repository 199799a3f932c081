// Goes through the steps of a Dockerfile in empty folders, one per stage. A folder stands for the root of
// the stage's file system; the base image's own files are the part that is left out.
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, posix, relative } from 'node:path';
import { cleanEnvironment, pathWithNode, run } from '../processes.mjs';

/** Git knows one permission, the executable bit; the rest is how this copy was checked out. */
function normalise(path) {
  const { mode } = statSync(path);
  const isFolder = statSync(path).isDirectory();
  chmodSync(path, isFolder || mode & 0o100 ? 0o755 : 0o644);
  if (isFolder) for (const entry of readdirSync(path)) normalise(join(path, entry));
}

export class StageBuild {
  environment = {};
  workdir = '/';
  user;
  command;
  healthcheck;
  stopSignal = 'SIGTERM';
  port;
  volumes = [];

  /**
   * @param stage what to go through, from the Dockerfile
   * @param folder an empty folder
   * @param context the working copy's folder, and what of it a build sees
   * @param earlier the stages before this one, by name
   */
  constructor(stage, folder, context, earlier) {
    this.name = stage.name;
    this.folder = folder;
    this.context = context;
    this.earlier = earlier;
    this.instructions = stage.instructions;
  }

  /** Goes through every instruction; `report` hears of those that do something. */
  build(report) {
    for (const instruction of this.instructions) {
      const startedAt = performance.now();
      const what = this.#apply(instruction);
      if (what) report(`${what} (${((performance.now() - startedAt) / 1_000).toFixed(1)} s)`);
    }
  }

  /** Where a path of the image lies on this machine. */
  path(inImage) {
    return join(this.folder, posix.resolve(this.workdir, inImage));
  }

  #apply(instruction) {
    switch (instruction.keyword) {
      case 'WORKDIR':
        this.workdir = posix.resolve(this.workdir, instruction.path);
        mkdirSync(this.path('.'), { recursive: true });
        return undefined;
      case 'ENV':
        Object.assign(this.environment, instruction.variables);
        return undefined;
      case 'COPY':
        for (const source of instruction.sources) this.#copy(source, instruction);
        return `COPY ${instruction.sources.join(' ')}`;
      case 'RUN':
        if (this.user) throw new Error('RUN after USER cannot be rehearsed');
        this.#run(instruction.shell);
        return `RUN ${instruction.shell}`;
      case 'USER':
        this.user = { uid: instruction.uid, gid: instruction.gid };
        return undefined;
      case 'CMD':
        this.command = instruction.command;
        return undefined;
      case 'HEALTHCHECK':
        this.healthcheck = instruction;
        return undefined;
      case 'STOPSIGNAL':
        this.stopSignal = instruction.signal;
        return undefined;
      case 'VOLUME':
        this.volumes.push(...instruction.paths);
        return undefined;
      case 'EXPOSE':
        this.port = instruction.port;
        return undefined;
      case 'LABEL':
        return undefined;
      default:
        throw new Error(`nobody taught the rehearsal ${instruction.keyword}`);
    }
  }

  #copy(source, { from, sources, target }) {
    const origin = from ? this.#stage(from).path(source) : join(this.context.folder, source);
    const seen = (path) => from || this.context.sees(relative(this.context.folder, path));
    if (!existsSync(origin) || !seen(origin)) throw new Error(`COPY: the build sees no ${source}`);
    const intoFolder = target.endsWith('/');
    if (sources.length > 1 && !intoFolder) throw new Error(`COPY: ${target} needs a / at its end`);
    const isFolder = statSync(origin).isDirectory();
    const copy = this.path(intoFolder && !isFolder ? join(target, basename(source)) : target);
    mkdirSync(dirname(copy), { recursive: true });
    cpSync(origin, copy, { recursive: true, verbatimSymlinks: true, filter: seen });
    if (!from) normalise(copy);
  }

  #stage(name) {
    const stage = this.earlier.get(name);
    if (!stage) throw new Error(`COPY: there is no stage ${name} before ${this.name}`);
    return stage;
  }

  #run(shell) {
    const env = { ...cleanEnvironment(), npm_config_prefer_offline: 'true' };
    // What this machine says of the environment is not what the image says.
    delete env.NODE_ENV;
    Object.assign(env, this.environment, { PATH: pathWithNode() });
    run('sh', ['-c', shell], { cwd: this.path('.'), env });
  }
}
