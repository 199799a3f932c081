import type { Asked } from './asked.js';

/** What would keep an answer to a request from being stored, in words: the most telling ones first. */
export function obstaclesOf(asked: Asked): readonly string[] {
  const { rule, method } = asked;
  const { freshness, trust, maxEntryBytes } = rule;
  if (freshness.kind === 'none') return ['any answer: the rule keeps none'];
  if (method === 'POST') {
    return ['an answer that does not name its freshness, and its own URL in Content-Location'];
  }
  if (method !== 'GET') {
    return method === 'HEAD'
      ? ['any answer: what is kept is answers to GET']
      : [`any answer, as the method is ${method}`];
  }
  if (asked.demands) return ['any answer, as If-Match and If-Unmodified-Since are passed on'];
  if (asked.range && !rule.wholeRanges) return ['any answer, as a part is asked for'];
  const forAll = 'public, s-maxage or a lifetime in a targeted field';
  return [
    ...(asked.authorization
      ? [
          'one that does not say public, s-maxage, must-revalidate or a targeted lifetime, as there is Authorization',
        ]
      : []),
    ...(asked.cookie && trust === 'guarded'
      ? [`one that says neither ${forAll} nor Vary: Cookie, as there is a Cookie`]
      : []),
    'Cache-Control: no-store or private',
    'Vary: *',
    ...(trust === 'guarded' ? [`Set-Cookie, unless it says ${forAll}`] : []),
    ...(freshness.kind === 'fixed'
      ? [
          freshness.negativeMs === undefined
            ? 'a status that is not 2xx'
            : 'a status that is neither 2xx nor 404 nor 410',
        ]
      : ['one without a lifetime, without a validator, and with nothing to guess a lifetime from']),
    'status 206, and what breaks off',
    `more than ${maxEntryBytes} bytes`,
  ];
}
