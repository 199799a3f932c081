import type { Settle } from './admission.js';

/** Passes each report on to two settles, which count it independently. */
export class SettleBoth implements Settle {
  constructor(
    private readonly first: Settle,
    private readonly second: Settle,
  ) {}

  success(durationMs?: number): void {
    this.first.success(durationMs);
    this.second.success(durationMs);
  }

  failure(error?: unknown, durationMs?: number): void {
    this.first.failure(error, durationMs);
    this.second.failure(error, durationMs);
  }

  ignore(): void {
    this.first.ignore();
    this.second.ignore();
  }

  threw(error: unknown, durationMs?: number): void {
    this.first.threw(error, durationMs);
    this.second.threw(error, durationMs);
  }

  returned(answer: unknown, durationMs?: number): void {
    this.first.returned(answer, durationMs);
    this.second.returned(answer, durationMs);
  }
}
