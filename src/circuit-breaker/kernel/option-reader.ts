import { CircuitOptionsError } from './circuit-options-error.js';

/** Reads options one by one; each reader returns the checked value or throws, quoting path and value. */
export class OptionReader<Options extends object> {
  private readonly options: Readonly<Record<string, unknown>>;

  constructor(
    options: Options,
    readonly path: string,
    known: readonly (keyof Options & string)[],
  ) {
    if (typeof options !== 'object' || (options as unknown) === null) {
      throw new CircuitOptionsError(path, 'an object', options);
    }
    this.options = options as Readonly<Record<string, unknown>>;
    for (const [key, value] of Object.entries(options)) {
      if (!(known as readonly string[]).includes(key)) {
        throw new CircuitOptionsError(this.at(key), `left out (known: ${known.join(', ')})`, value);
      }
    }
  }

  /** Path of an option, as the errors quote it. */
  at(key: string): string {
    return `${this.path}.${key}`;
  }

  /** A whole number of at least `least`. */
  count(key: keyof Options & string, fallback: number, least: number): number {
    const value = this.options[key] ?? fallback;
    return this.demand(key, value, `an integer ≥ ${least}`, isCount(value, least));
  }

  /** A finite number of milliseconds of at least `least`. */
  duration(key: keyof Options & string, fallback: number, least: number): number {
    const value = this.options[key] ?? fallback;
    const valid = isFiniteNumber(value) && value >= least;
    return this.demand(key, value, `a number of milliseconds ≥ ${least}`, valid);
  }

  /** A finite number above `bound`. */
  above(key: keyof Options & string, fallback: number, bound: number): number {
    const value = this.options[key] ?? fallback;
    return this.demand(key, value, `a number > ${bound}`, isFiniteNumber(value) && value > bound);
  }

  /** A number above 0 and up to 1. */
  share(key: keyof Options & string, fallback: number): number {
    const value = this.options[key] ?? fallback;
    const valid = isFiniteNumber(value) && value > 0 && value <= 1;
    return this.demand(key, value, 'a number > 0 and ≤ 1', valid);
  }

  /** `true` or `false`, or neither. */
  flag(key: keyof Options & string): boolean | undefined {
    const value = this.options[key];
    if (value === undefined || typeof value === 'boolean') return value;
    throw new CircuitOptionsError(this.at(key), 'a boolean', value);
  }

  private demand(key: string, value: unknown, expected: string, valid: boolean): number {
    if (!valid) throw new CircuitOptionsError(this.at(key), expected, value);
    return value as number;
  }
}

function isFiniteNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

function isCount(value: unknown, least: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least;
}
