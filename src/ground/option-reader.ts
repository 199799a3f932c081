import { InvalidOptionError } from './invalid-option.error.js';
import { nearName } from './near-name.js';
import type { OptionRule } from './option-rules.js';

/** What each option has to be: one that is added to the type and has no rule does not compile. */
export type OptionRules<Options> = { readonly [Name in keyof Required<Options>]: OptionRule };

/** What options that are each right have to be to each other. @throws InvalidOptionError */
export type OptionRelations<Options> = (options: Options, path: string) => void;

/**
 * Reads the options of one kind, by the rule of each. The only way in which any part of the package
 * reads options, so that all refuse the same things in the same words.
 */
export class OptionReader<Options extends object> {
  private readonly known: ReadonlyMap<string, OptionRule>;

  constructor(
    /** By name; another reader may take them over. */
    readonly rules: OptionRules<Options>,
    /** Among those that are given; whoever takes the rules over takes these too. @default none */
    readonly relations?: OptionRelations<Options>,
  ) {
    this.known = new Map(Object.entries(rules));
  }

  /**
   * Checks every option that is given, and how they relate. One that is `undefined` counts as absent.
   *
   * Cheap enough for the options of a call: it makes nothing while all is well.
   *
   * @param path where the options stand in what the user wrote
   * @throws {@link InvalidOptionError} that quotes path and value
   */
  check(options: unknown, path: string): void {
    if (typeof options !== 'object' || options === null || Array.isArray(options)) {
      throw new InvalidOptionError(path, options, 'an object');
    }
    // Inherited ones as well: whoever takes the options apart gets them.
    for (const name in options) {
      const value: unknown = (options as Readonly<Record<string, unknown>>)[name];
      if (value === undefined) continue;
      const rule = this.known.get(name);
      if (rule === undefined) throw this.unknown(name, value, path);
      rule.check(value, path, name);
    }
    this.relations?.(options as Options, path);
  }

  /** {@link check}, and that the options `names` are there. */
  demand(options: object, path: string, ...names: readonly (keyof Options & string)[]): void {
    this.check(options, path);
    for (const name of names) this.rules[name].check((options as Options)[name], path, name);
  }

  /** Checked `options`, and `defaults` where they say nothing; a new object. */
  read<Defaults extends object>(
    options: Options | undefined,
    path: string,
    defaults: Defaults,
  ): Defaults {
    if (options === undefined) return { ...defaults };
    this.check(options, path);
    const given: Partial<Options> = {};
    for (const name in options) {
      if (options[name] !== undefined) given[name] = options[name];
    }
    return { ...defaults, ...given };
  }

  private unknown(name: string, value: unknown, path: string): InvalidOptionError {
    const names = [...this.known.keys()];
    const near = nearName(name, names);
    const meant = near === undefined ? '' : `; did you mean "${near}"?`;
    const expected = `left out: there is no such option${meant} (known: ${names.join(', ')})`;
    return new InvalidOptionError(`${path}.${name}`, value, expected);
  }
}

/** Options within the options. */
export function group<Options extends object>(reader: OptionReader<Options>): OptionRule {
  return {
    check(value, path, name) {
      reader.check(value, `${path}.${name}`);
    },
  };
}

/**
 * Checks what is declared under a name that is the user's, or by that name alone.
 *
 * @param kind what such things are called in paths, such as `circuits`
 */
export function checkNamed<Options extends { readonly name: string }>(
  reader: OptionReader<Options>,
  given: string | Options,
  kind: string,
): void {
  const options = typeof given === 'string' ? ({ name: given } as Options) : given;
  const name: unknown = (options as Partial<Options> | null | undefined)?.name;
  const isName = typeof name === 'string' && name !== '';
  reader.demand(options, isName ? `${kind}.${name}` : kind, 'name');
}
