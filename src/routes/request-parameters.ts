import { InvalidParametersError } from './invalid-parameters.error.js';

/** A request's parameters before validation: a repeated one is a list. */
export type RawParameters = Readonly<Record<string, string | readonly string[]>>;

/** Most parameters that a query may have, each repetition counted. */
export const MAX_QUERY_PARAMETERS = 1_000;

/**
 * Query and path parameters of a request; a path parameter wins over a query one of its name. Read
 * from the request target itself, so that every HTTP framework gives the same. The time grows with the
 * target's length and no faster.
 *
 * @throws {InvalidParametersError} where the query has more than {@link MAX_QUERY_PARAMETERS}, or is not
 * percent-encoded UTF-8: another reading of it would give two requests one answer.
 */
export function requestParameters(
  target: string,
  pathParameters: Readonly<Record<string, string>>,
): RawParameters {
  // No prototype: a parameter called `__proto__` is a parameter.
  const parameters = Object.create(null) as Record<string, string | string[]>;
  const queryAt = target.indexOf('?');
  if (queryAt >= 0) {
    const pairs = pairsOf(target.slice(queryAt + 1));
    for (const [name, value] of pairs) {
      const present = parameters[name];
      if (present === undefined) parameters[name] = value;
      else if (typeof present === 'string') parameters[name] = [present, value];
      else present.push(value);
    }
  }
  return Object.assign(parameters, pathParameters);
}

/** Names and values of a query, as forms write them: `URLSearchParams` would guess at what is malformed. */
function pairsOf(query: string): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  for (let start = 0; start < query.length;) {
    const nextAt = query.indexOf('&', start);
    const end = nextAt < 0 ? query.length : nextAt;
    const pair = query.slice(start, end);
    start = end + 1;
    if (pair === '') continue;
    if (pairs.length === MAX_QUERY_PARAMETERS) {
      throw new InvalidParametersError([`more than ${MAX_QUERY_PARAMETERS} parameters`]);
    }
    const equalsAt = pair.indexOf('=');
    const nameEnd = equalsAt < 0 ? pair.length : equalsAt;
    pairs.push([decoded(pair.slice(0, nameEnd)), decoded(pair.slice(nameEnd + 1))]);
  }
  return pairs;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new InvalidParametersError(['the query is not percent-encoded UTF-8']);
  }
}
