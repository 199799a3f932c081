import { Injectable } from '@nestjs/common';
import { CircuitBreaker, Coalesce, CoalescingService, InjectCircuitBreaker } from 'breakwater';

export interface Rate {
  readonly pair: string;
  readonly call: number;
}

/** Uses both modules as the documentation shows. */
@Injectable()
export class RatesService {
  private calls = 0;

  constructor(
    private readonly flights: CoalescingService,
    @InjectCircuitBreaker('rates') private readonly breaker: CircuitBreaker,
  ) {}

  rate(pair: string, caller?: AbortSignal): Promise<Rate> {
    return this.flights.run(
      `rate:${pair}`,
      ({ signal }) => this.breaker.execute(() => this.fetchRate(pair, signal)),
      { signal: caller },
    );
  }

  @Coalesce({ key: (pair: string) => pair })
  async decorated(pair: string): Promise<Rate> {
    return this.fetchRate(pair);
  }

  private async fetchRate(pair: string, signal?: AbortSignal): Promise<Rate> {
    await new Promise((resolve) => setTimeout(resolve, 50));
    signal?.throwIfAborted();
    this.calls += 1;
    return { pair, call: this.calls };
  }
}
