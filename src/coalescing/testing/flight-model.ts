/** How a caller of the model stands. */
export type ModelStanding = 'pending' | 'left' | 'timeout' | { value: string } | { error: string };

interface ModelFlight {
  readonly key: string;
  readonly callers: Set<ModelCaller>;
  /** Number of its load; none while it is queued. */
  load: number | undefined;
  endsAt: number;
  keepAlive: boolean;
  fenced: boolean;
  aborted: boolean;
  over: boolean;
  next: ModelFlight | undefined;
  behind: ModelFlight | undefined;
}

interface ModelCaller {
  readonly flight: ModelFlight;
  readonly leavesAt: number;
  standing: ModelStanding;
}

/** What one caller of the model asks for. */
export interface ModelCall {
  timeoutMs?: number;
  keepAlive?: boolean;
  now?: boolean;
}

/** Coalescing as simple as it can be said, without takeover, retries and age limits. */
export class FlightModel {
  readonly callers: ModelCaller[] = [];
  readonly started: ModelFlight[] = [];
  private readonly slots = new Map<string, ModelFlight>();
  private time = 0;

  constructor(private readonly flightTimeoutMs: number) {}

  run(key: string, { timeoutMs = Infinity, keepAlive = false, now = false }: ModelCall): void {
    let flight = this.slots.get(key);
    if (flight && now) flight = flight.next ??= this.make(key, flight);
    flight ??= this.start(this.make(key));
    const leavesAt = this.time + timeoutMs;
    const caller: ModelCaller = { flight, leavesAt, standing: 'pending' };
    flight.keepAlive ||= keepAlive;
    flight.callers.add(caller);
    this.callers.push(caller);
  }

  /** The load has ended. */
  end(load: number, standing: ModelStanding): void {
    const flight = this.started[load];
    if (flight && !flight.over) this.land(flight, standing);
  }

  leave(caller: ModelCaller | undefined): void {
    if (caller?.standing !== 'pending') return;
    const { flight } = caller;
    caller.standing = 'left';
    flight.callers.delete(caller);
    if (flight.callers.size > 0 || flight.keepAlive) return;
    if (flight.load !== undefined) flight.aborted = flight.fenced = true;
    this.land(flight, 'left');
  }

  forget(key: string): void {
    const flight = this.slots.get(key);
    if (!flight) return;
    flight.fenced = true;
    this.vacate(flight);
  }

  forgetAll(): void {
    for (const key of [...this.slots.keys()]) this.forget(key);
  }

  advance(ms: number): void {
    for (const end = this.time + ms; this.time < end;) {
      this.time++;
      for (const caller of this.callers) if (caller.leavesAt === this.time) this.leave(caller);
      for (const flight of [...this.started]) {
        if (flight.over || flight.endsAt !== this.time) continue;
        flight.aborted = flight.fenced = true;
        this.land(flight, 'timeout');
      }
    }
  }

  /** Flights under way, queued ones included. */
  get size(): number {
    const running = this.started.filter(({ over }) => !over);
    return running.length + running.filter(({ next }) => next).length;
  }

  private make(key: string, behind?: ModelFlight): ModelFlight {
    return {
      key,
      callers: new Set(),
      load: undefined,
      endsAt: Infinity,
      keepAlive: false,
      fenced: false,
      aborted: false,
      over: false,
      next: undefined,
      behind,
    };
  }

  private start(flight: ModelFlight): ModelFlight {
    flight.load = this.started.length;
    flight.endsAt = this.time + this.flightTimeoutMs;
    flight.behind = undefined;
    this.started.push(flight);
    this.slots.set(flight.key, flight);
    return flight;
  }

  private land(flight: ModelFlight, standing: ModelStanding): void {
    flight.over = true;
    for (const caller of flight.callers) caller.standing = standing;
    if (flight.behind) flight.behind.next = undefined;
    if (this.slots.get(flight.key) === flight) this.vacate(flight);
  }

  private vacate(flight: ModelFlight): void {
    const { next } = flight;
    flight.next = undefined;
    if (next) this.start(next);
    else this.slots.delete(flight.key);
  }
}
