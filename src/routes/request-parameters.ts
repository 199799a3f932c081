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
 * @throws {InvalidParametersError} where the query has more than {@link MAX_QUERY_PARAMETERS}.
 */
export function requestParameters(
  target: string,
  pathParameters: Readonly<Record<string, string>>,
): RawParameters {
  // No prototype: a parameter called `__proto__` is a parameter.
  const parameters = Object.create(null) as Record<string, string | string[]>;
  const queryAt = target.indexOf('?');
  if (queryAt >= 0) {
    let count = 0;
    for (const [name, value] of new URLSearchParams(target.slice(queryAt + 1))) {
      count += 1;
      if (count > MAX_QUERY_PARAMETERS) {
        throw new InvalidParametersError([`more than ${MAX_QUERY_PARAMETERS} parameters`]);
      }
      const present = parameters[name];
      if (present === undefined) parameters[name] = value;
      else if (typeof present === 'string') parameters[name] = [present, value];
      else present.push(value);
    }
  }
  return Object.assign(parameters, pathParameters);
}
