import { InvalidOptionError, flag } from '../ground/index.js';

/**
 * Refuses what are no options before Nest takes them apart, which fails without a word of the call.
 *
 * @param call such as `CachingModule.forRoot()`
 * @param or what may be given instead, or an example
 * @throws InvalidOptionError
 */
export function demandOptions<Options>(
  options: Options,
  call: string,
  or = 'or nothing for the defaults',
): Options {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InvalidOptionError(call, options, `given an object, ${or}`);
  }
  const given = options as Readonly<Record<string, unknown>>;
  // What is said about the module itself, which no reader of its options sees.
  for (const name of ['isGlobal', 'answerRefusals']) {
    if (given[name] !== undefined) flag.check(given[name], call, name);
  }
  return options;
}

/** {@link demandOptions} for what is declared in a list. @throws InvalidOptionError */
export function demandList<List>(list: List, call: string, example: string): List {
  if (Array.isArray(list)) return list;
  throw new InvalidOptionError(call, list, `given a list, such as [${example}]`);
}
