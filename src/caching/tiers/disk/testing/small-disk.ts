import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

/** A file system of a few MiB in memory, mounted at `path`, where the machine permits that. */
export class SmallDisk {
  private mounted = false;

  constructor(readonly path: string) {}

  /** Whether it could be mounted. */
  mount(mebibytes: number): boolean {
    mkdirSync(this.path, { recursive: true });
    this.mounted = run('mount', '-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', this.path);
    return this.mounted;
  }

  /** Makes it larger. */
  grow(mebibytes: number): void {
    run('mount', '-o', `remount,size=${mebibytes}m`, this.path);
  }

  readOnly(): void {
    run('mount', '-o', 'remount,ro', this.path);
  }

  unmount(): void {
    if (this.mounted) run('umount', '-l', this.path);
    this.mounted = false;
  }
}

function run(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}
