import type { OptionReader } from '../option-reader.js';

/** Options of one kind, as the table of every option tries them. */
export interface OptionsUnderTest {
  /** Name of the constant that declares them. */
  readonly name: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- of whatever options
  readonly reader: OptionReader<any>;
  /** Options that have to be there for the others to be looked at. @default none */
  readonly needed?: object;
  /** Gives options to the part of the library that takes them, as its users do. */
  give(options: object): unknown;
}
