import type { LeaseSettings, LeaseTelemetry } from '../kernel/index.js';
import type { KeyHashes } from './key-hashes.js';
import type { LeaseCommands } from './lease-commands.js';
import type { LeasePorts } from './lease-ports.js';
import type { Leads } from './leads.js';
import type { Invalidation } from './leases.js';
import { EVERYTHING } from './name-epochs.js';
import type { NameEpochs } from './name-epochs.js';
import { PendingInvalidations } from './pending-invalidations.js';
import type { TagFences } from './tag-fences.js';

/** Invalidations remembered, so that the message of an own one is not taken for another. */
const MAX_KNOWN = 1_000;

interface InvalidationsContext {
  readonly ports: LeasePorts;
  readonly telemetry: LeaseTelemetry;
  readonly settings: LeaseSettings;
  readonly commands: LeaseCommands;
  readonly hashes: KeyHashes;
  readonly fences: TagFences;
  readonly leads: Leads;
  readonly epochs: NameEpochs;
}

/** Makes things void for the whole cluster, and tells those in this process who hold some of it. */
export class Invalidations {
  private readonly listeners = new Set<(invalidation: Invalidation) => void>();
  private readonly known = new Set<string>();

  /** What the store has not taken. */
  readonly pending: PendingInvalidations;

  constructor(private readonly context: InvalidationsContext) {
    const { ports, settings, telemetry, epochs } = context;
    this.pending = new PendingInvalidations(ports, settings, telemetry, () =>
      epochs.purge(EVERYTHING),
    );
  }

  /** @param repeated whether it is kept for a store that does not take it */
  key(key: string, name: string | undefined, repeated: boolean): Promise<boolean> {
    const { hashes, commands, settings } = this.context;
    const attempt = async (): Promise<void> => {
      const hash = await hashes.of(key, name);
      const token = await commands.invalidate(hash, key, settings.fenceMs);
      this.once({ kind: 'key', key, token });
    };
    return repeated ? this.pending.run(`key ${key}`, attempt) : taken(attempt);
  }

  tag(tag: string): Promise<boolean> {
    return this.pending.run(`tag ${tag}`, async () => {
      this.once({ kind: 'tag', tag, token: await this.context.fences.invalidate(tag) });
    });
  }

  /** By its epoch, which tells by itself. */
  name(name: string): Promise<boolean> {
    return this.pending.run(`name ${name}`, () => this.context.epochs.purge(name));
  }

  heardKey(key: string, token: number): void {
    this.once({ kind: 'key', key, token });
  }

  heardTag(tag: string, token: number): void {
    this.once({ kind: 'tag', tag, token });
  }

  listen(listener: (invalidation: Invalidation) => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  tell(invalidation: Invalidation): void {
    for (const listener of this.listeners) {
      try {
        listener(invalidation);
      } catch {
        // One listener's defect must not keep the others from hearing.
      }
    }
  }

  /** The answer and the message of an own invalidation come in any order; told is the first. */
  private once(invalidation: Extract<Invalidation, { token: number }>): void {
    if (!this.note(invalidation)) return;
    // Before anybody learns of it: whoever asks from then on does not wait for what is void.
    if (invalidation.kind === 'tag')
      this.context.leads.tagged(invalidation.tag, invalidation.token);
    this.tell(invalidation);
  }

  /** @returns whether it was not known */
  private note(invalidation: Extract<Invalidation, { token: number }>): boolean {
    const { kind, token } = invalidation;
    const id = `${kind} ${token} ${kind === 'key' ? invalidation.key : invalidation.tag}`;
    if (this.known.has(id)) return false;
    this.known.add(id);
    if (this.known.size > MAX_KNOWN) {
      for (const oldest of this.known) {
        this.known.delete(oldest);
        break;
      }
    }
    return true;
  }
}

/** Whether the store took it. */
async function taken(action: () => Promise<void>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch {
    return false;
  }
}
