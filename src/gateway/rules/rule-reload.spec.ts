import { EventEmitter } from 'node:events';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import type { LogEvent } from '../../ground/index.js';
import { readRuleFile } from './rule-file.js';
import type { RuleFile } from './rule-file.js';
import { RuleReload } from './rule-reload.js';

const LOOK_MS = 2_000;

/** A file with one rule of this name. */
const naming = (name: string) => `version: 1\nrules: [{ name: ${name}, deny: 404 }]\n`;

let folder: string;
let file: string;
let clock: ManualClock;
let signals: EventEmitter;
let reload: RuleReload;
let used: RuleFile[];
let told: LogEvent[];
let refusal: Error | undefined;

async function started(path = file): Promise<void> {
  const tell = (event: LogEvent) => void told.push(event);
  const use = (rules: RuleFile) => {
    if (refusal !== undefined) throw refusal;
    used.push(rules);
  };
  const ports = { runtime: clock, use, log: { log: tell, warn: tell, error: tell }, signals };
  reload = new RuleReload(await readRuleFile(path), {}, ports);
  reload.start();
}

/** Moves the clock to the next look, and waits until that is over. */
async function look(): Promise<void> {
  clock.advance(LOOK_MS);
  await reload.settled();
}

const names = () => used.map(({ set }) => set.table.rules[0]?.name);
const events = () => told.map(({ event }) => event);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'breakwater-reload-'));
  file = join(folder, 'rules.yaml');
  clock = new ManualClock();
  signals = new EventEmitter();
  used = [];
  told = [];
  refusal = undefined;
  await writeFile(file, naming('first'));
});

afterEach(async () => {
  await reload.stop();
  await rm(folder, { recursive: true });
});

describe('a rule file that is looked at', () => {
  it('is used again when it has changed, at the next look and no sooner', async () => {
    await started();
    await writeFile(file, naming('second'));
    clock.advance(LOOK_MS - 1);
    await reload.settled();
    expect(used).toEqual([]);
    clock.advance(1);
    await reload.settled();
    expect(names()).toEqual(['second']);
    expect(reload.state).toEqual({
      file,
      version: used[0]?.version,
      since: clock.wall(),
      valid: true,
      problems: [],
    });
    expect(told).toMatchObject([{ event: 'rules.loaded', file, version: used[0]?.version }]);
  });

  it('is left alone while it says the same, touched or written again', async () => {
    await started();
    await look();
    await writeFile(file, naming('first'));
    await look();
    await look();
    expect(used).toEqual([]);
    expect(told).toEqual([]);
  });

  it('is followed through the links that Kubernetes swaps', async () => {
    const mounted = join(folder, 'rules');
    for (const [version, name] of [
      ['1', 'first'],
      ['2', 'second'],
    ] as const) {
      await mkdir(join(folder, `..${version}`));
      await writeFile(join(folder, `..${version}`, 'rules.yaml'), naming(name));
    }
    await symlink('..1', join(folder, '..data'));
    await symlink(join('..data', 'rules.yaml'), mounted);
    await started(mounted);
    await look();
    expect(used).toEqual([]);

    await symlink('..2', join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    await look();
    expect(names()).toEqual(['second']);
  });

  it('is read at once on SIGHUP', async () => {
    await started();
    await writeFile(file, naming('second'));
    signals.emit('SIGHUP');
    await reload.settled();
    expect(names()).toEqual(['second']);
  });

  it('is read by one look at a time, however many are asked for', async () => {
    await started();
    await writeFile(file, naming('second'));
    clock.advance(LOOK_MS);
    await Promise.all([reload.now(), reload.now(), reload.settled()]);
    expect(names()).toEqual(['second']);
  });

  it('keeps the rules before it while it is not valid, and says so once, with places', async () => {
    await started();
    const before = reload.state;
    await writeFile(file, 'version: 1\nrules: [{ deny: 200 }]');
    await look();
    await look();
    await reload.now();
    const problem = `${file}:2:17 rules[0].deny: 200; allowed: a whole number from 400 to 599`;
    expect(used).toEqual([]);
    expect(reload.state).toEqual({ ...before, valid: false, problems: [problem] });
    expect(told).toMatchObject([{ event: 'rules.invalid', problems: [problem] }]);
    expect(String(told[0])).toContain(problem);

    await writeFile(file, 'version: 1\nrules: [{ deny: 201 }]');
    await look();
    expect(events()).toEqual(['rules.invalid', 'rules.invalid']);
    await writeFile(file, naming('second'));
    await look();
    expect(names()).toEqual(['second']);
    expect(reload.state.valid).toBe(true);
    expect(reload.state.problems).toEqual([]);
  });

  it('is valid again when it says what is used', async () => {
    await started();
    const before = reload.state;
    await writeFile(file, 'version: 2');
    await look();
    await writeFile(file, naming('first'));
    await look();
    expect(reload.state).toEqual(before);
    expect(events()).toEqual(['rules.invalid', 'rules.restored']);
    expect(used).toEqual([]);
    // The same fault is one to tell of again.
    await writeFile(file, 'version: 2');
    await look();
    expect(events()).toHaveLength(3);
  });

  it('may be away for a moment, as editors leave it, and no longer', async () => {
    await started();
    await rm(file);
    await look();
    expect(reload.state.valid).toBe(true);
    await writeFile(file, naming('second'));
    await look();
    expect(names()).toEqual(['second']);

    await rm(file);
    await look();
    await look();
    await look();
    expect(reload.state).toMatchObject({
      valid: false,
      problems: [`${file} cannot be read: ENOENT`],
    });
    await writeFile(file, naming('second'));
    await look();
    expect(reload.state.valid).toBe(true);
    expect(events()).toEqual(['rules.loaded', 'rules.invalid', 'rules.restored']);
  });

  it('is missed at once by who asks for it', async () => {
    await started();
    await rm(file);
    await reload.now();
    expect(events()).toEqual(['rules.invalid']);
  });

  it('is refused where its rules cannot be used, and those before it stay', async () => {
    await started();
    refusal = new Error('circuit "x" is declared otherwise');
    await writeFile(file, naming('second'));
    await look();
    await look();
    expect(reload.state).toMatchObject({
      valid: false,
      problems: [`${file} Error: circuit "x" is declared otherwise`],
    });
    expect(events()).toEqual(['rules.invalid']);
  });

  it('tells of what is more likely not meant, when it begins too', async () => {
    await writeFile(file, 'version: 1\nbackends: { shop: { url: http://shop } } # as it is');
    await started();
    expect(events()).toEqual(['rules.doubtful']);
    await writeFile(file, 'version: 1\nbackends: { shop: { url: http://shop } }');
    await look();
    expect(events()).toEqual(['rules.doubtful', 'rules.loaded', 'rules.doubtful']);
  });

  it('is looked at no more once that is stopped', async () => {
    await started();
    await reload.stop();
    await writeFile(file, naming('second'));
    signals.emit('SIGHUP');
    clock.advance(10 * LOOK_MS);
    await reload.now();
    expect(used).toEqual([]);
    expect(signals.listenerCount('SIGHUP')).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('is waited for by who stops amid a look', async () => {
    await started();
    await writeFile(file, naming('second'));
    const looked = reload.now();
    await reload.stop();
    await looked;
    expect(clock.pending).toBe(0);
  });

  it('hears of SIGHUP from the process itself', async () => {
    const before = process.listenerCount('SIGHUP');
    const ports = { runtime: clock, use: () => undefined, log: console };
    reload = new RuleReload(await readRuleFile(file), {}, ports);
    reload.start();
    expect(process.listenerCount('SIGHUP')).toBe(before + 1);
    await reload.stop();
    expect(process.listenerCount('SIGHUP')).toBe(before);
  });
});
