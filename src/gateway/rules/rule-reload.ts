import { stat } from 'node:fs/promises';
import { LogEvent } from '../../ground/index.js';
import type { Cancel, Runtime } from '../../ground/index.js';
import { RuleFileError, parseRuleFile, textOf, unreadable, versionOf } from './rule-file.js';
import type { RuleFile } from './rule-file.js';
import type { RuleSurroundings } from './rule-set.js';

/** How often the file is looked at, in milliseconds. */
const LOOK_MS = 2_000;

/** What is known of a rule file: for health, metrics and operators. */
export interface RuleFileState {
  readonly file: string;
  /** Of the rules that are used. */
  readonly version: string;
  /** Since when they are, in milliseconds since the epoch. */
  readonly since: number;
  /** Whether the file says what is used; else it cannot be, and the rules before it stay. */
  readonly valid: boolean;
  /** Why it is not, a line each. */
  readonly problems: readonly string[];
}

/** What reloading takes from outside. */
export interface RuleReloadPorts {
  readonly runtime: Runtime;
  /** Uses other rules from now on. What it throws keeps those before them. */
  use(rules: RuleFile): void;
  readonly log: {
    log(event: LogEvent): void;
    warn(event: LogEvent): void;
    error(event: LogEvent): void;
  };
  /** Where `SIGHUP` comes from. @default the process */
  readonly signals?: Pick<NodeJS.EventEmitter, 'on' | 'off'> | undefined;
}

/**
 * Looks at a rule file every two seconds, and at once on `SIGHUP`, and has its rules used when they have
 * changed and are valid. It looks, and waits for no event, because where a folder is mounted, or a link is
 * swapped as Kubernetes does with a ConfigMap, there is none.
 */
export class RuleReload {
  /** What has become of changes of the file so far. */
  readonly reloads = { loaded: 0, invalid: 0 };
  private readonly file: string;
  private current: RuleFileState;
  /** Of the file as it was last read. */
  private seen: string | undefined;
  /** Of what could not be used, so that it is told once. */
  private refused: string | undefined;
  /** Whether it was not there when it was last looked for. */
  private wasAway = false;
  /** The last look that was asked for: they come one after the other. */
  private last: Promise<void> = Promise.resolve();
  private next: Cancel | undefined;
  private isOver = false;

  constructor(
    private readonly first: RuleFile,
    private readonly around: RuleSurroundings,
    private readonly ports: RuleReloadPorts,
  ) {
    this.file = first.file;
    this.current = this.stateOf(first);
  }

  get state(): RuleFileState {
    return this.current;
  }

  start(): void {
    this.doubt(this.first);
    (this.ports.signals ?? process).on('SIGHUP', this.hangUp);
    this.schedule();
  }

  /** Looks no more; resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.isOver = true;
    this.next?.();
    (this.ports.signals ?? process).off('SIGHUP', this.hangUp);
    await this.settled();
  }

  /** Reads the file, whether it seems to have changed or not; resolves when its rules are used, or refused. */
  now(): Promise<void> {
    return this.begin(true);
  }

  /** Resolves when no look is under way. */
  settled(): Promise<void> {
    return this.last;
  }

  private readonly hangUp = (): void => {
    void this.now();
  };

  private schedule(): void {
    if (this.isOver) return;
    this.next = this.ports.runtime.scheduler.schedule(() => {
      void this.begin(false).then(() => this.schedule());
    }, LOOK_MS);
  }

  private begin(asked: boolean): Promise<void> {
    this.last = this.last.then(() => (this.isOver ? undefined : this.look(asked)));
    return this.last;
  }

  /** Never fails: whatever goes wrong keeps the rules that are used. */
  private async look(asked: boolean): Promise<void> {
    let before: string;
    let text: string;
    try {
      before = await markOf(this.file);
      if (before === this.seen && !asked) return;
      text = await textOf(this.file);
      // Somebody writes it just now: the next look finds it whole.
      if ((await markOf(this.file)) !== before) return;
    } catch (error) {
      this.away(error, asked);
      return;
    }
    this.seen = before;
    this.wasAway = false;
    this.read(text);
  }

  private read(text: string): void {
    const version = versionOf(text);
    if (version === this.current.version) {
      if (this.current.valid) return;
      this.refused = undefined;
      this.current = { ...this.current, valid: true, problems: [] };
      this.tell('log', 'rules.restored', 'The rule file says again what is used');
      return;
    }
    if (version === this.refused) return;
    let rules: RuleFile;
    try {
      rules = parseRuleFile(text, this.file, this.around);
      this.ports.use(rules);
    } catch (error) {
      const problems =
        error instanceof RuleFileError ? error.problems : [`${this.file} ${String(error)}`];
      this.refuse(version, problems);
      return;
    }
    this.refused = undefined;
    this.current = this.stateOf(rules);
    this.reloads.loaded += 1;
    this.tell('log', 'rules.loaded', 'Other rules are used from now on');
    this.doubt(rules);
  }

  private doubt({ warnings }: RuleFile): void {
    if (warnings.length === 0) return;
    this.tell('warn', 'rules.doubtful', listed('The rules may not be what is meant', warnings));
  }

  /** Editors remove a file to write it anew: what is away at two looks is. */
  private away(error: unknown, asked: boolean): void {
    const isNew = !this.wasAway;
    this.wasAway = true;
    this.seen = undefined;
    if (isNew && !asked) return;
    const problem = unreadable(this.file, error);
    if (this.refused === problem) return;
    this.refuse(problem, [problem]);
  }

  /** @param what is told once of all looks that find the same */
  private refuse(what: string, problems: readonly string[]): void {
    this.refused = what;
    this.reloads.invalid += 1;
    this.current = { ...this.current, valid: false, problems };
    this.tell(
      'error',
      'rules.invalid',
      listed('The rule file is not usable, and the rules before it stay', problems),
      { problems },
    );
  }

  private tell(
    level: keyof RuleReloadPorts['log'],
    event: string,
    message: string,
    fields = {},
  ): void {
    const { file, version } = this.current;
    this.ports.log[level](new LogEvent(event, message, { file, version, ...fields }));
  }

  private stateOf({ file, version }: RuleFile): RuleFileState {
    const since = this.ports.runtime.clock.wall();
    return Object.freeze({ file, version, since, valid: true, problems: [] });
  }
}

/** Changes whenever the file may have, also where it is another one under the same name. */
async function markOf(file: string): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
  return [dev, ino, size, mtimeNs, ctimeNs].join(':');
}

function listed(message: string, lines: readonly string[]): string {
  return `${message}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
