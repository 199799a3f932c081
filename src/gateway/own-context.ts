import type { GatewayValue } from './answer.js';

/** Of a call that no flight makes. */
export class OwnContext {
  readonly etag = undefined;
  readonly elapsedMs = 0;

  constructor(
    readonly signal: AbortSignal,
    readonly previous: GatewayValue | undefined,
  ) {}

  note(): void {
    // Nobody else is there to hear of it.
  }
}
