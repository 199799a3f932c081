import type { MachineMemory } from '../kernel/index.js';
import { isToken } from '../kernel/index.js';
import { GIVE_BACK } from '../circuit/scripts/give-back.script.js';
import { PROBE } from '../circuit/scripts/probe.script.js';
import { REPORT } from '../circuit/scripts/report.script.js';
import { SETTLE } from '../circuit/scripts/settle.script.js';
import type { StoreReply, StoreScript } from '../store/store.js';
import type { MachineFunction } from './machine-function.js';

/** The state of a circuit, as the scripts have it. */
interface Shared {
  readonly epoch: number;
  readonly kind: string;
  /** By the memory's own time, in microseconds. */
  readonly due: number;
  readonly by: string;
}

const NOBODY = '-';

/** What each script of shared circuits does, in this process; one shared spec holds both to the same. */
const functions = {
  report: (memory, [stateKey = '', windowKey = ''], args) => {
    const [epoch, me = '', succeeded, failed, threshold, quorum, open, windowMs, keepMs] = args;
    const [channel = '', name = ''] = args.slice(9);
    const [known, failures, forMs] = [Number(epoch), Number(failed), Number(open)];
    let state = load(memory, stateKey, known, 'c');
    let count = 0;
    let who: string[] = [];
    const [, since, counted, instances = ''] =
      /^(\d+) (\d+) (\S+)$/.exec(text(memory, windowKey)) ?? [];
    if (isEpoch(since) && Number(since) >= state.epoch) {
      state = { ...state, epoch: Number(since) };
      count = Number(counted);
      who = instances.split(',').filter(Boolean);
    }
    if (state.kind !== 'c' || (known > 0 && known < state.epoch)) return answer(memory, 0, state);

    if (succeeded === '1') [count, who] = [0, []];
    if (failures === 0) {
      memory.del(windowKey);
      return answer(memory, 0, state);
    }
    const isFirst = count === 0;
    count += failures;
    if (!who.includes(me)) who.push(me);
    if (count >= Number(threshold) && who.length >= Number(quorum)) {
      state = next(memory, state, 'o', forMs, me);
      save(memory, stateKey, state, Number(keepMs));
      memory.del(windowKey);
      tell(memory, channel, 'o', state, forMs, name);
      return answer(memory, 1, state);
    }
    const window = `${state.epoch} ${count} ,${who.join(',')},`;
    memory.set(windowKey, Buffer.from(window), Number(windowMs));
    if (isFirst) tell(memory, channel, 'f', { ...state, by: me }, 0, name);
    return answer(memory, 0, state);
  },

  probe: (memory, [stateKey = '', probeKey = ''], [epoch, me = '', asking = '', forMs, dead]) => {
    const known = Number(epoch);
    const state = load(memory, stateKey, known, 'o');
    if (known < state.epoch || state.kind === 'c') return answer(memory, 2, state);
    const prober = proberOf(memory, probeKey);
    if (prober !== undefined && prober !== me && prober !== dead) {
      return answer(memory, 0, state, memory.pttl(probeKey), prober);
    }
    memory.set(probeKey, Buffer.from(`${me} ${asking}`), Number(forMs));
    return answer(memory, 1, state);
  },

  settle: (memory, [stateKey = '', windowKey = '', probeKey = ''], args) => {
    const [epoch, me = '', kind = '', open, keepMs, channel = '', name = ''] = args;
    const [known, forMs] = [Number(epoch), Number(open)];
    const state = load(memory, stateKey, known, 'o');
    const prober = proberOf(memory, probeKey);
    const isTaken = prober !== undefined && prober !== me;
    if (known < state.epoch || state.kind === 'c' || isTaken) return answer(memory, 0, state);
    const settled = next(memory, state, kind, forMs, me);
    save(memory, stateKey, settled, Number(keepMs));
    memory.del(windowKey, probeKey);
    tell(memory, channel, kind, settled, forMs, name);
    return answer(memory, 1, settled);
  },

  giveBack: (memory, [stateKey = '', probeKey = ''], args) => {
    const [epoch, me = '', asking = '', channel = '', name = ''] = args;
    const state = load(memory, stateKey, Number(epoch), 'o');
    if (text(memory, probeKey) !== `${me} ${asking}`) return answer(memory, 0, state);
    memory.del(probeKey);
    tell(memory, channel, 'g', { ...state, by: me }, 0, name);
    return answer(memory, 1, state);
  },
} satisfies Record<string, MachineFunction>;

/** The functions by the scripts that they stand for. */
export const CIRCUIT_FUNCTIONS: ReadonlyMap<StoreScript, MachineFunction> = new Map<
  StoreScript,
  MachineFunction
>([
  [REPORT, functions.report],
  [PROBE, functions.probe],
  [SETTLE, functions.settle],
  [GIVE_BACK, functions.giveBack],
]);

function text(memory: MachineMemory, key: string): string {
  return memory.get(key)?.toString() ?? '';
}

function proberOf(memory: MachineMemory, key: string): string | undefined {
  return /^\S+/.exec(text(memory, key))?.[0];
}

function isEpoch(digits: string | undefined): boolean {
  return digits !== undefined && isToken(Number(digits));
}

/** What is damaged counts as lost; of an epoch that was lost, who knows it says how it was. */
function load(memory: MachineMemory, key: string, known: number, kindIfLost: string): Shared {
  const [, epoch, kind = 'c', due, by = NOBODY] =
    /^(\d+) ([cor]) (\d+) (\S+)$/.exec(text(memory, key)) ?? [];
  const isWhole = isEpoch(epoch) && isEpoch(due);
  const state = isWhole
    ? { epoch: Number(epoch), kind, due: Number(due), by }
    : { epoch: 0, kind: 'c', due: 0, by: NOBODY };
  return known > state.epoch ? { epoch: known, kind: kindIfLost, due: 0, by: NOBODY } : state;
}

function save(memory: MachineMemory, key: string, state: Shared, keepMs: number): void {
  const { epoch, kind, due, by } = state;
  memory.set(key, Buffer.from(`${epoch} ${kind} ${due} ${by}`), keepMs);
}

function next(
  memory: MachineMemory,
  { epoch }: Shared,
  kind: string,
  forMs: number,
  by: string,
): Shared {
  const { now } = memory;
  return { epoch: Math.max(now, epoch + 1), kind, due: now + forMs * 1_000, by };
}

function tell(
  memory: MachineMemory,
  channel: string,
  kind: string,
  { epoch, by }: Shared,
  forMs: number,
  name: string,
): void {
  memory.publish(channel, `${kind} ${epoch} ${forMs} ${by} ${name}`);
}

function answer(
  memory: MachineMemory,
  verdict: number,
  { epoch, kind, due, by }: Shared,
  waitMs = 0,
  prober = NOBODY,
): StoreReply {
  const leftMs = Math.max(0, Math.ceil((due - memory.now) / 1_000));
  const wait = Math.floor(waitMs);
  return [verdict, epoch, Buffer.from(kind), leftMs, Buffer.from(by), wait, Buffer.from(prober)];
}
