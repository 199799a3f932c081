import {
  answeredError,
  CommandWindow,
  failureReason,
  ProgressWatch,
  StoreBreaker,
  StoreUnavailableError,
} from '../kernel/index.js';
import type { RawStoreClient } from './raw-store-client.js';
import type { ResolvedStoreGuardOptions, StorePorts } from './store-guard-options.js';
import type { StoreState } from './store.js';

/**
 * One command may be on its way for so many times the silence of all while others are answered: one
 * server of several hangs, or a library has lost it.
 */
const STUCK_FACTOR = 3;

interface PendingCommand {
  readonly start: () => Promise<unknown>;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Who hears of the gate. */
export interface GateListener {
  ready(): void;
  down(reason: string): void;
}

/**
 * What every command passes on its way to the store: a window, a watch over its progress and a breaker.
 * Whatever befalls the store, each command settles, and without a timer of its own.
 */
export class CommandGate {
  private readonly window: CommandWindow<PendingCommand>;
  private readonly watch: ProgressWatch;
  private readonly breaker: StoreBreaker;
  private reason = 'not connected yet';
  /** Whether somebody has been told that it is down, or it has been up. */
  private announced = false;

  constructor(
    private readonly raw: RawStoreClient,
    private readonly listener: GateListener,
    options: ResolvedStoreGuardOptions,
    { scheduler, random, afterPoll }: StorePorts,
  ) {
    const { hungAfterMs, retryMs, reconnectAfterMs } = options;
    const stuckAfterMs = STUCK_FACTOR * hungAfterMs;
    this.window = new CommandWindow(options.window, options.queue);
    this.watch = new ProgressWatch(
      scheduler,
      {
        oldest: () => this.window.oldest,
        afterPoll,
        hung: () => this.trip(`it has answered nothing for ${hungAfterMs} ms`),
      },
      {
        hungAfterMs,
        // A single server answers in order, so there a slow network needs the longer time.
        stuckAfterMs: raw.clustered ? stuckAfterMs : Math.max(stuckAfterMs, reconnectAfterMs),
      },
    );
    this.breaker = new StoreBreaker(
      scheduler,
      {
        ping: () => raw.ping(),
        reconnect: () => raw.resetCommands(),
        random,
        ready: () => this.opened(),
        down: () => this.closed(),
      },
      { minPingMs: retryMs[0], maxPingMs: retryMs[1], reconnectAfterMs },
    );
  }

  get state(): StoreState {
    return this.breaker.ready ? 'ready' : 'down';
  }

  /** Why it is down, as of the last attempt. */
  get downBecause(): string | undefined {
    return this.state === 'down' ? this.reason : undefined;
  }

  open(): void {
    this.breaker.start();
  }

  /** The connection is there: one ping decides. */
  connected(): void {
    this.breaker.connected();
  }

  /** The connection is lost, or was never made. */
  disconnected(reason: string): void {
    if (this.state === 'ready') {
      this.trip(reason);
    } else {
      this.reason = reason;
      this.announceDown();
    }
  }

  /** Runs `start` in its turn. A store that is down, or falls down meanwhile, rejects at once. */
  submit<T>(start: () => Promise<T>): Promise<T> {
    if (this.state === 'down') return Promise.reject(new StoreUnavailableError(this.reason));
    return new Promise<unknown>((resolve, reject) => {
      const command: PendingCommand = { start, resolve, reject };
      const verdict = this.window.add(command);
      if (verdict === 'send') this.send(command);
      else if (verdict === 'refuse') reject(new StoreUnavailableError('too many commands wait'));
    }) as Promise<T>;
  }

  close(): void {
    this.reason = 'it was closed';
    this.breaker.stop();
    this.closed();
  }

  private send(command: PendingCommand): void {
    this.watch.sent();
    // Also of a command that was given up meanwhile: then there is nobody left to hear of it.
    command.start().then(
      (reply) => {
        this.answered(command);
        command.resolve(reply);
      },
      (error: unknown) => {
        // Before its place is given away: a store that is away is not sent the next one.
        const meaning = this.meaningOf(error);
        this.answered(command);
        command.reject(meaning);
      },
    );
  }

  private answered(command: PendingCommand): void {
    this.watch.progressed();
    const next = this.window.answered(command);
    if (next) this.send(next);
  }

  private meaningOf(error: unknown): Error {
    const answer = this.raw.answerOf(error);
    if (answer === undefined) {
      return error instanceof StoreUnavailableError
        ? error
        : new StoreUnavailableError(failureReason(error));
    }
    const meaning = answeredError(answer);
    if (meaning.away) this.trip(answer);
    if (meaning.demoted) this.raw.resetCommands();
    return meaning.error;
  }

  private trip(reason: string): void {
    if (this.state === 'down') return;
    this.reason = reason;
    this.breaker.trip(reason);
  }

  private opened(): void {
    this.announced = false;
    this.listener.ready();
  }

  private closed(): void {
    this.watch.stop();
    const error = new StoreUnavailableError(this.reason);
    for (const command of this.window.clear()) command.reject(error);
    this.announceDown();
  }

  private announceDown(): void {
    if (this.announced) return;
    this.announced = true;
    this.listener.down(this.reason);
  }
}
