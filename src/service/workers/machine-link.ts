import { Socket } from 'node:net';
import { MachineStore } from '../../cluster/machine/index.js';
import type { Registry } from 'prom-client';
import { isMachineMessage } from './conversation.js';
import type { CircuitOrder } from '../../admin/index.js';
import type {
  MachineAnswers,
  MachineMessage,
  MachineQuestion,
  MachineState,
} from './conversation.js';

/** Where its connection to the store of the machine is, among what a worker is born with. */
const STORE_FD = 4;

/** What the line of a log at most may take for the system to write it as a whole, in bytes. */
const WHOLE_WRITE_BYTES = 4_096;

/** What a worker knows of the machine that it is one of several of. */
export class MachineLink {
  /** The store that the primary keeps; nothing where there is another one. */
  readonly store: MachineStore | undefined;
  /** What this worker has counted, once there is something that counts. */
  counted: () => Promise<unknown> = () => Promise.resolve([]);
  /** What was done to circuits by hand before this worker has any. */
  readonly steeredBefore: CircuitOrder[] = [];
  /** Does to a circuit what is ordered, once there are some. @returns whether it is there */
  steered = (order: CircuitOrder, make: boolean): boolean => {
    if (make) this.steeredBefore.push(order);
    return false;
  };
  private stateNow: MachineState | undefined;
  private readonly questions = new Map<number, (answers: MachineAnswers) => void>();
  private lastId = 0;
  private toldAll: () => void = () => undefined;

  /** @param worker its number */
  constructor(
    readonly worker: number,
    hasOtherStore: boolean,
  ) {
    this.store = hasOtherStore ? undefined : new MachineStore(new Socket({ fd: STORE_FD }));
    process.on('message', (message: unknown) => {
      if (isMachineMessage(message)) this.hear(message);
    });
    keepLinesWhole(process.stdout);
  }

  /** Resolves when it knows what has to be known before it serves. */
  join(): Promise<this> {
    return new Promise((resolve) => {
      this.toldAll = () => resolve(this);
      say({ breakwater: 'joined' });
    });
  }

  /** How the workers are doing, as far as is known. */
  get state(): MachineState | undefined {
    return this.stateNow;
  }

  /** Says that this worker serves. */
  ready(): void {
    say({ breakwater: 'ready' });
  }

  /** What all workers that answer in time have counted, this one as well. */
  countAll(): Promise<MachineAnswers> {
    return this.askAll({ what: 'count' });
  }

  /**
   * Has all workers do something to a circuit, in the order in which it is asked for, and those that come later.
   * @returns whether any of them has it
   */
  async steerAll(order: CircuitOrder): Promise<boolean> {
    const { answers } = await this.askAll({ what: 'steer', order, make: false });
    if (!answers.includes(true)) return false;
    // Where nobody has asked for it yet somebody may do so later.
    await this.askAll({ what: 'steer', order, make: true });
    return true;
  }

  /** A registry whose page has the sums over all workers. */
  async registry(): Promise<Registry> {
    const { MachineRegistry } = await import('./machine-registry.js');
    return new MachineRegistry(this);
  }

  private askAll(question: MachineQuestion): Promise<MachineAnswers> {
    const id = (this.lastId += 1);
    return new Promise((resolve) => {
      this.questions.set(id, resolve);
      say({ breakwater: 'ask', id, question });
    });
  }

  private async answerTo(question: MachineQuestion): Promise<unknown> {
    if (question.what === 'steer') return this.steered(question.order, question.make);
    return this.counted().catch(() => []);
  }

  private hear(message: MachineMessage): void {
    switch (message.breakwater) {
      case 'state':
        this.stateNow = message.state;
        return;
      case 'steered':
        for (const order of message.orders) this.steered(order, true);
        this.toldAll();
        return;
      case 'alive?':
        say({ breakwater: 'alive' });
        return;
      case 'ask': {
        const { id, question } = message;
        void this.answerTo(question).then((answer) => say({ breakwater: 'answer', id, answer }));
        return;
      }
      case 'answers':
        this.questions.get(message.id)?.(message);
        this.questions.delete(message.id);
        return;
      case 'joined':
      case 'ready':
      case 'alive':
      case 'answer':
      // What it says itself.
    }
  }
}

function say(message: MachineMessage): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

/**
 * Has `output` written in pieces that end with a line and that no other process's can come between: workers
 * share it.
 */
export function keepLinesWhole(output: Pick<NodeJS.WriteStream, 'write'>): void {
  const write = output.write.bind(output) as (...passed: unknown[]) => boolean;
  output.write = (...passed: unknown[]): boolean => {
    const [text, ...rest] = passed;
    if (typeof text !== 'string' || text.length * 3 <= WHOLE_WRITE_BYTES) return write(...passed);
    const pieces = piecesOf(text);
    const last = pieces.pop() ?? '';
    for (const piece of pieces) write(piece);
    return write(last, ...rest);
  };
}

function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  let piece = '';
  let bytes = 0;
  for (const line of text.split(/(?<=\n)/)) {
    const length = Buffer.byteLength(line);
    if (bytes > 0 && bytes + length > WHOLE_WRITE_BYTES) {
      pieces.push(piece);
      piece = '';
      bytes = 0;
    }
    piece += line;
    bytes += length;
  }
  pieces.push(piece);
  return pieces;
}
