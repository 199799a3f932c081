/** @jest-environment ./test/quick/environment.js */
import * as children from 'node:child_process';
import * as fs from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from '@jest/globals';
import { sortSpecs } from './specs.js';

describe('a quick run', () => {
  const { quick, leftOut } = sortSpecs();

  it('has every spec, or a reason why not', () => {
    expect(quick.length).toBeGreaterThan(100);
    expect(quick.filter((spec) => leftOut.has(spec))).toEqual([]);
    for (const reason of leftOut.values()) expect(reason).toMatch(/^(starts|opens|writes|tries) /);
  });

  it('has the specs of every kernel but those that draw their cases by chance', () => {
    const kernels = /^src\/([\w-]+\/kernel|collections|clock)\//;
    const reasons = [...leftOut].filter(([spec]) => kernels.test(spec)).map(([, reason]) => reason);
    expect(new Set(reasons)).toEqual(new Set(['tries thousands of cases']));
  });

  it.each([
    ['src/ground/testing/spawn.spec.ts', 'opens a server'],
    [
      'src/cluster/sharing/purge.spec.ts',
      'starts a process, through src/cluster/testing/redis-server.ts',
    ],
    [
      'src/caching/tiers/disk/disk.tier.spec.ts',
      'writes to the disk, through src/caching/tiers/disk/testing/temporary-folders.ts',
    ],
  ])('looks into a spec and into the test support that it imports: %s', (spec, reason) => {
    expect(leftOut.get(spec)).toBe(reason);
  });

  it.each<[string, () => unknown]>([
    ['starts a process', () => children.spawn('true')],
    ['starts a process', () => children.execFileSync('true')],
    ['starts a thread', () => new Worker('', { eval: true })],
    ['opens a server', () => createServer().listen(0)],
    ['writes to the disk', () => fs.mkdtempSync('never-')],
    ['writes to the disk', () => mkdtemp('never-')],
  ])('fails a spec that %s after all', (what, leave) => {
    expect(leave).toThrow(`It ${what}, and nothing in its text says so`);
  });
});
