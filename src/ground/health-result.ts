/**
 * What an indicator hands to `@nestjs/terminus`, as its own `HealthIndicatorResult`: written out, so that
 * who does not report health need not have it.
 */
export type HealthResult<
  Key extends string = string,
  Status extends 'up' | 'degraded' | 'down' = 'up',
  Report extends object = object,
> = Record<Key, { status: Status } & Report>;
