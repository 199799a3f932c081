import type { Clock } from 'breakwater';

/** Time that passes when a test says so. */
export class TestClock implements Clock {
  private elapsed = 0;

  advance(ms: number): void {
    this.elapsed += ms;
  }

  monotonic(): number {
    return this.elapsed;
  }

  wall(): number {
    return Date.UTC(2030, 0) + this.elapsed;
  }
}
