/** A request's parameters before validation: a repeated one is a list. */
export type RawParameters = Readonly<Record<string, string | readonly string[]>>;

/**
 * Query and path parameters of a request; a path parameter wins over a query one of its name. Read
 * from the request target itself, so that every HTTP framework gives the same.
 */
export function requestParameters(
  target: string,
  pathParameters: Readonly<Record<string, string>>,
): RawParameters {
  // No prototype: a parameter called `__proto__` is a parameter.
  const parameters = Object.create(null) as Record<string, string | string[]>;
  const queryAt = target.indexOf('?');
  if (queryAt >= 0) {
    for (const [name, value] of new URLSearchParams(target.slice(queryAt + 1))) {
      const present = parameters[name];
      if (present === undefined) parameters[name] = value;
      else parameters[name] = [present, value].flat();
    }
  }
  return Object.assign(parameters, pathParameters);
}
