import { answerControlOf } from '../cache-control.js';
import { freshnessOf, type Trust } from '../freshness.js';
import { heuristicFor, verdictOf, type AskedWith, type Verdict } from '../storing.js';

const NOW = Date.UTC(2026, 10, 28, 12);
/** An anonymous request. */
export const GET: AskedWith = {
  method: 'GET',
  authorization: false,
  cookie: false,
  range: false,
  uri: 'http://shop.example/a?b=1',
};
export const TENTH = { fraction: 0.1, maxS: 3_600 };

const fieldsOf = (lines: readonly string[]) =>
  lines.flatMap((line) => [
    line.slice(0, line.indexOf(':')),
    line.slice(line.indexOf(':') + 1).trim(),
  ]);

interface Circumstances {
  readonly asked?: AskedWith;
  readonly status?: number;
  readonly trust?: Trust;
}

/** Judges an answer with these lines; those that begin with `T:` are a targeted field, in JSON. */
export function judged(
  lines: readonly string[],
  { asked = GET, status = 200, trust = 'guarded' }: Circumstances = {},
): Verdict {
  const head = { status, fields: fieldsOf(lines) };
  const control = answerControlOf(
    head.fields,
    ['t'],
    (value) => new Map<string, unknown>(Object.entries(JSON.parse(value) as object)),
  );
  const arrival = { receivedAt: NOW, delayMs: 0 };
  const freshness = freshnessOf(head, control, arrival, heuristicFor(asked, trust, TENTH));
  return verdictOf(asked, head, control, freshness, trust);
}

export const FRESH = 'Cache-Control: max-age=60';
