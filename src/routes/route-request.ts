import { BadRequestException } from '@nestjs/common';
import type { StandardSchemaV1 } from '@standard-schema/spec';

/** The request's parameters do not fit the route. 400 to the caller, naming each. */
export class InvalidParametersError extends BadRequestException {
  readonly code = 'BREAKWATER_INVALID_PARAMETERS';

  constructor(readonly problems: readonly string[]) {
    super({ error: problems.join('; ') });
  }
}

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

/** Most problems that one answer names. */
const MAX_PROBLEMS = 10;

/**
 * Validates by any Standard Schema; at once, where the schema does.
 *
 * @throws {InvalidParametersError} naming the parameters that do not fit.
 */
export function validateParameters<S extends StandardSchemaV1>(
  schema: S,
  parameters: RawParameters,
): StandardSchemaV1.InferOutput<S> | Promise<StandardSchemaV1.InferOutput<S>> {
  const result = schema['~standard'].validate(parameters);
  return result instanceof Promise ? result.then(validOf) : validOf(result);
}

function validOf<T>(result: StandardSchemaV1.Result<T>): T {
  if (!result.issues) return result.value;
  throw new InvalidParametersError(
    result.issues.slice(0, MAX_PROBLEMS).map(({ path, message }) => {
      const name = (path ?? []).map((step) => String(typeof step === 'object' ? step.key : step));
      return name.length === 0 ? message : `${name.join('.')}: ${message}`;
    }),
  );
}

type Fields = Readonly<Record<string, string | string[] | undefined>>;

/** Headers that tell who the caller is. */
const PERSONAL = ['authorization', 'cookie'];

/** The part of a request's headers that a route covers. */
export class RouteHeaders {
  private constructor(
    /** Names that the key covers, in lower case. */
    readonly names: ReadonlySet<string>,
    /** Their values in the order of the declaration, for the key. */
    readonly values: readonly (string | undefined)[],
    /** What goes to the backend. */
    readonly sent: Readonly<Record<string, string>>,
    /** The request tells who the caller is, and the key does not cover it. */
    readonly personal: boolean,
  ) {}

  /** Reads the `declared` headers, and no others, from `fields`. */
  static of(declared: readonly string[], fields: Fields): RouteHeaders {
    const names = new Set(declared.map((name) => name.toLowerCase()));
    const sent: Record<string, string> = {};
    const values = [...names].map((name) => {
      const value = fields[name];
      const text = Array.isArray(value) ? value.join(', ') : value;
      if (text !== undefined) sent[name] = text;
      return text;
    });
    const personal = PERSONAL.some((name) => fields[name] !== undefined && !names.has(name));
    return new RouteHeaders(names, values, sent, personal);
  }
}
