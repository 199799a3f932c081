import { AbortWatch } from '../../ground/index.js';
import { Claimant } from './claimant.js';
import type { ClaimantContext } from './claimant.js';
import type { ClaimArguments } from './lease-commands.js';
import type { Claim, ClaimRequest } from './leases.js';
import type { Outbox } from './outbox.js';

/** How long a claim without an answer may still reach a store that hung, in milliseconds. */
const STRAY_MS = 600_000;

type Context = Omit<ClaimantContext, 'listen' | 'giveBackLater'> & { readonly outbox: Outbox };

/** All claims under way in this process: they hear of messages for as long as they wait. */
export class Claimants {
  private readonly all = new Set<Claimant>();
  private readonly byHash = new Map<string, Set<Claimant>>();
  private readonly context: ClaimantContext;
  private closed = false;

  constructor(private readonly outer: Context) {
    this.context = {
      ...outer,
      listen: (claimant, hash) => {
        this.unlist(claimant);
        const others = this.byHash.get(hash);
        if (others) others.add(claimant);
        else this.byHash.set(hash, new Set([claimant]));
      },
      giveBackLater: (hash, claim) => this.giveBackLater(hash, claim),
    };
  }

  get size(): number {
    return this.all.size;
  }

  claim(request: ClaimRequest): Promise<Claim> {
    const { telemetry, settings } = this.outer;
    const { signal } = request;
    if (signal?.aborted) return Promise.reject(reasonOf(signal));
    if (this.closed || this.all.size >= settings.maxClaims) {
      const reason = this.closed ? 'draining' : 'overloaded';
      telemetry.degraded('', reason);
      return Promise.resolve({ kind: 'alone', reason });
    }
    const claimant = new Claimant(request, this.context);
    this.all.add(claimant);
    return new Promise((resolve, reject) => {
      const watch = signal && AbortWatch.of(signal);
      const place = watch?.add({
        aborted: () => {
          claimant.cancel();
          if (signal) reject(reasonOf(signal));
        },
      });
      void claimant.run().then((claim) => {
        if (place) watch?.delete(place);
        this.all.delete(claimant);
        this.unlist(claimant);
        if (claim) resolve(claim);
      });
    });
  }

  /** A flight has ended. */
  hear(hash: string, token: number, unshared: boolean): void {
    for (const claimant of this.byHash.get(hash) ?? []) claimant.hear(token, unshared);
  }

  /** Everybody has another look. */
  pokeAll(): void {
    for (const claimant of this.all) claimant.poke();
  }

  /** Keys claimed under a name are called something else in the store; `undefined` for all names. */
  renamed(name: string | undefined): void {
    for (const claimant of this.all) {
      if (name === undefined || claimant.name === name) claimant.poke();
    }
  }

  /** Ends all of them without the cluster. */
  close(): void {
    this.closed = true;
    for (const claimant of this.all) claimant.dismiss();
  }

  private unlist(claimant: Claimant): void {
    const others = this.byHash.get(claimant.hash);
    if (others?.delete(claimant) && others.size === 0) this.byHash.delete(claimant.hash);
  }

  /** Asks, once the store answers, what became of the claim: a peek finds only its own lease. */
  private giveBackLater(hash: string, claim: ClaimArguments): void {
    const { outbox, commands, ports } = this.outer;
    const attempt = async (): Promise<void> => {
      const reply = await commands.claim(hash, { ...claim, peek: true, dead: '' });
      if (reply.kind !== 'lead') return;
      const identity = `${reply.token}:${commands.instance}:${claim.nonce}`;
      await commands.release({ hash, identity, fenceMs: claim.fenceMs }, 0);
    };
    const expiresAt = ports.clock.monotonic() + STRAY_MS;
    outbox.deliver({ expiresAt, bytes: 0, attempt }).catch(() => undefined);
  }
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason as Error;
}
