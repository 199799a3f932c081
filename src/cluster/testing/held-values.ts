import type { Invalidation, Leases } from '../kernel/index.js';

interface Held {
  readonly token: number;
  readonly value: string;
  readonly name: string | undefined;
  readonly tags: readonly string[];
  generation: number;
}

/** Whose value it is. */
export interface HeldSubject {
  readonly key: string;
  readonly name?: string | undefined;
  readonly tags?: readonly string[];
}

/** What a process holds in memory by what it hears, as a cache's memory does, in as few words as can be. */
export class HeldValues {
  private readonly values = new Map<string, Held>();
  private generation = 0;
  private trusted = true;
  /** Counts what was heard to be void: what was asked for before is not held after. */
  era = 0;

  constructor(leases: Leases) {
    leases.onInvalidation((invalidation) => this.heard(invalidation));
    leases.onTrust((trusted) => (this.trusted = trusted));
  }

  /** The value, if nobody has to be asked whether it still holds. */
  certain(key: string): string | undefined {
    const held = this.values.get(key);
    return held && this.trusted && held.generation === this.generation ? held.value : undefined;
  }

  token(key: string): number | undefined {
    return this.values.get(key)?.token;
  }

  hold(subject: HeldSubject, value: string, token: number, era: number): void {
    if (era !== this.era) return;
    const { key, name, tags = [] } = subject;
    this.values.set(key, { token, value, name, tags, generation: this.generation });
  }

  /** It was told to be the newest. */
  confirm(key: string): string | undefined {
    const held = this.values.get(key);
    if (held) held.generation = this.generation;
    return held?.value;
  }

  private heard(invalidation: Invalidation): void {
    if (invalidation.kind === 'gap') {
      this.generation++;
      return;
    }
    this.era++;
    for (const [key, held] of this.values) {
      if (isVoid(key, held, invalidation)) this.values.delete(key);
    }
  }
}

function isVoid(key: string, held: Held, invalidation: Invalidation): boolean {
  switch (invalidation.kind) {
    case 'key':
      return invalidation.key === key && held.token < invalidation.token;
    case 'tag':
      return held.tags.includes(invalidation.tag) && held.token <= invalidation.token;
    case 'name':
      return held.name === invalidation.name;
    default:
      return invalidation.kind === 'all';
  }
}
