import type { KeyPart } from './argument-key.js';
import { OptionReader, anything, callback, oneOf, text } from '../ground/index.js';
import type { RunOptions } from './kernel/index.js';

/**
 * Makes the key of a call from its arguments: a string, or parts that are joined without ambiguity.
 */
export type CoalesceKey<Args extends unknown[]> = (...args: Args) => string | readonly KeyPart[];

/** How calls of a method are coalesced. */
export interface CoalesceOptions<Args extends unknown[]> {
  /**
   * The key of a call. One that throws fails that call alone.
   * @default all arguments, which then have to be primitives
   */
  key?: CoalesceKey<Args> | undefined;

  /**
   * Name of the coalescer.
   * @default the default coalescer
   */
  coalescer?: string | undefined;

  /**
   * Whose calls may share a flight: those on one `instance`, or those on all instances of the `class`.
   * The method runs on the leader's instance, so `class` is right only where the instance adds nothing
   * of its own (its request, its tenant) to the result. Subclasses share nothing with each other.
   *
   * Flights by `instance` never leave the process, whatever the coalescer's `scope`.
   * @default 'instance'
   */
  sharedBy?: 'instance' | 'class' | undefined;

  /**
   * What all processes know the method by, whatever the build calls its class. Demanded, and used,
   * where calls are shared by `class` in a coalescer of scope `cluster`: the application does not start
   * without it. It is that one class's: a subclass overrides the method and gives a name of its own.
   */
  name?: string | undefined;

  /** Options of a call from its arguments, such as the caller's signal. */
  options?: (...args: Args) => RunOptions | undefined;
}

export const COALESCE_OPTIONS = new OptionReader<CoalesceOptions<never[]>>({
  key: callback,
  coalescer: text,
  sharedBy: oneOf('instance', 'class'),
  // By the decorator, which knows what it would be the name of.
  name: anything,
  options: callback,
});
