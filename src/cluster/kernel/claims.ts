import { AbortWatch } from '../../ground/index.js';
import { PendingClaim } from './claim.js';
import type { ClaimCompany } from './claim.js';
import type { HeldLeases } from './held-leases.js';
import type { LeaseContext } from './lease-context.js';
import { PEEK } from './lease-ports.js';
import type { Claim, ClaimRequest } from './leases.js';

/** How long a claim without an answer may still reach a store that hung, in milliseconds. */
const STRAY_MS = 600_000;

/** All claims under way in this process: they hear of messages for as long as they wait. */
export class Claims implements ClaimCompany {
  /** Nothing more is led. */
  draining = false;
  private closed = false;
  private readonly all = new Set<PendingClaim>();
  private readonly byHash = new Map<string, Set<PendingClaim>>();

  constructor(
    private readonly context: LeaseContext,
    readonly leases: HeldLeases,
  ) {}

  get size(): number {
    return this.all.size;
  }

  /** Gets what comes first of a value, an outcome or the lead; rejects with the reason of the request's signal. */
  claim(request: ClaimRequest): Promise<Claim> {
    const { telemetry, settings } = this.context;
    const { signal } = request;
    if (signal?.aborted) return Promise.reject(reasonOf(signal));
    if (this.closed || this.all.size >= settings.maxClaims) {
      const reason = this.closed ? 'draining' : 'overloaded';
      telemetry.degraded('', reason);
      return Promise.resolve({ kind: 'alone', reason });
    }
    const pending = new PendingClaim(request, this.context, this);
    this.all.add(pending);
    return new Promise((resolve, reject) => {
      const watch = signal && AbortWatch.of(signal);
      const place = watch?.add({
        aborted: () => {
          pending.cancel();
          if (signal) reject(reasonOf(signal));
        },
      });
      void pending.run().then((claim) => {
        if (place) watch?.delete(place);
        this.all.delete(pending);
        this.unlist(pending);
        if (claim) resolve(claim);
      });
    });
  }

  /** A flight has ended. */
  hear(hash: string, token: number, unshared: boolean): void {
    for (const pending of this.byHash.get(hash) ?? []) pending.hear(token, unshared);
  }

  /** Whether anybody here wants the key; who only asks may be about to wait. */
  wants(hash: string): boolean {
    return this.byHash.has(hash);
  }

  /** Everybody has another look. */
  pokeAll(): void {
    for (const pending of this.all) pending.poke();
  }

  /** Keys claimed under a name are called something else in the store; `undefined` for all names. */
  renamed(name: string | undefined): void {
    for (const pending of this.all) {
      if (name === undefined || pending.request.name === name) pending.poke();
    }
  }

  /** Ends all of them without the cluster. */
  close(): void {
    this.closed = this.draining = true;
    for (const pending of this.all) pending.dismiss();
  }

  listen(pending: PendingClaim, hash: string): void {
    this.unlist(pending);
    const others = this.byHash.get(hash);
    if (others) others.add(pending);
    else this.byHash.set(hash, new Set([pending]));
  }

  /** Asks, once the store answers, what became of the claim: a peek finds only its own lease. */
  giveBackLater(hash: string, nonce: string, fenceMs: number): void {
    const { outbox, store, clock } = this.context;
    const attempt = async (): Promise<void> => {
      const reply = await store.claim(hash, { ...PEEK, nonce, fenceMs });
      if (reply.kind !== 'lead') return;
      const identity = `${reply.token}:${store.instance}:${nonce}`;
      await store.release({ hash, identity, fenceMs }, 0);
    };
    const expiresAt = clock.monotonic() + STRAY_MS;
    outbox.deliver({ expiresAt, bytes: 0, attempt }).catch(() => undefined);
  }

  private unlist(pending: PendingClaim): void {
    const others = this.byHash.get(pending.hash);
    if (others?.delete(pending) && others.size === 0) this.byHash.delete(pending.hash);
  }
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason as Error;
}
