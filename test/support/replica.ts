import { transformFileSync } from '@swc/core';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { builtMain } from './service-build.js';

/** An application that uses the package, as a process of its own. */
export class Replica {
  private constructor(
    readonly port: number,
    private readonly child: ChildProcess,
  ) {}

  /** @param first which of its regional clients it makes first */
  static async start(storeUrl: string, first: 'eu' | 'us'): Promise<Replica> {
    const child = spawn(process.execPath, [program(), storeUrl, first], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout });
    for await (const line of lines) return new Replica(Number(line), child);
    throw new Error('the replica did not start');
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('close', resolve));
    this.child.kill('SIGKILL');
    await ended;
  }
}

/** Path of the program, compiled from today's source, beside the package as it is built for tests. */
function program(): string {
  const service = dirname(builtMain());
  const folder = join(dirname(service), 'replica');
  const { code } = transformFileSync(join(process.cwd(), 'test/support/replica-program.ts'), {
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
    },
    module: { type: 'es6' },
  });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  const path = join(folder, 'replica-program.js');
  writeFileSync(path, code.replaceAll('../../src/', '../service/'));
  return path;
}
