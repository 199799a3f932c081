/**
 * What an indicator hands to `@nestjs/terminus`, as its own `HealthIndicatorResult`: written out, so that
 * who does not report health need not have it.
 */
export type HealthResult<
  Key extends string = string,
  Status extends 'up' | 'degraded' | 'down' = 'up',
  Report extends object = object,
> = Record<Key, { status: Status } & Report>;

/** What an indicator that is always up says: its report, under `key`. */
export function up<Key extends string, Report extends object>(
  key: Key,
  report: Report,
): HealthResult<Key, 'up', Report> {
  return { [key]: { status: 'up', ...report } } as HealthResult<Key, 'up', Report>;
}
