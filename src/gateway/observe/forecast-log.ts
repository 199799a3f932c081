import { LogEvent } from '../../ground/index.js';
import type { Cancel, Scheduler } from '../../ground/index.js';
import { wordsOf } from './forecast.js';
import type { GatewayForecast } from './forecast.js';

const MINUTE_MS = 60_000;

/** Tells the forecast about once a minute while there are requests, and a last time at the end. */
export class ForecastLog {
  private cancel: Cancel | undefined;
  private told = 0;

  constructor(
    private readonly forecast: () => GatewayForecast,
    private readonly scheduler: Scheduler,
    private readonly log: { log(event: LogEvent): void },
  ) {}

  /** A request has come. */
  touched(): void {
    this.cancel ??= this.scheduler.schedule(() => {
      this.cancel = undefined;
      this.tell();
    }, MINUTE_MS);
  }

  /** Tells what has not been told. */
  close(): void {
    this.cancel?.();
    this.cancel = undefined;
    this.tell();
  }

  private tell(): void {
    const forecast = this.forecast();
    if (forecast.requests === this.told) return;
    this.told = forecast.requests;
    this.log.log(new LogEvent('gateway.forecast', wordsOf(forecast), { ...forecast }));
  }
}
