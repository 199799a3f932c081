import { transformFileSync } from '@swc/core';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = process.cwd();
const PROGRAM = 'test/support/replica-program.ts';

let built: string | undefined;

/** An application that uses the package, as a process of its own. */
export class Replica {
  private constructor(
    readonly port: number,
    private readonly child: ChildProcess,
  ) {}

  /**
   * @param first which of its regional clients it makes first
   * @param backendUrl where its catalogue comes from
   */
  static async start(
    storeUrl: string,
    first: 'eu' | 'us',
    backendUrl = 'http://127.0.0.1:1',
  ): Promise<Replica> {
    built ??= build();
    const program = [join(built, 'replica-program.js'), storeUrl, first, backendUrl];
    const child = spawn(process.execPath, program, { stdio: ['pipe', 'pipe', 'inherit'] });
    for await (const line of createInterface({ input: child.stdout })) {
      return new Replica(Number(line), child);
    }
    throw new Error('the replica did not start');
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('close', resolve));
    this.child.kill('SIGKILL');
    await ended;
  }
}

/** Removes what was compiled for the replicas of this test file. */
export function removeReplicaProgram(): void {
  if (built) rmSync(dirname(dirname(built)), { recursive: true, force: true });
}

/** Compiles today's sources without asking about types: in a second or two, into a folder of its own. */
function build(): string {
  const cache = join(ROOT, 'node_modules/.cache/breakwater');
  mkdirSync(cache, { recursive: true });
  const out = mkdtempSync(join(cache, 'replica-'));
  writeFileSync(join(out, 'package.json'), '{ "type": "module" }\n');
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
    .map((file) => join('src', file));
  for (const source of [...sources, PROGRAM]) {
    const { code } = transformFileSync(join(ROOT, source), {
      jsc: {
        target: 'es2022',
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
      },
      module: { type: 'es6' },
    });
    const target = join(out, source.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, code);
  }
  return join(out, dirname(PROGRAM));
}
