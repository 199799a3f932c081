import type { ValueCodec } from '../../caching/index.js';
import type { ErrorCodec } from './error-codec.js';

/** What a call came to, to be told to other processes. */
export type Outcome =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'error'; readonly error: unknown };

/** First byte of an outcome. Others are of another release: nobody can say what they mean. */
const VALUE = 1;
const ERROR = 3;

/** Turns outcomes into bytes and back. */
export class OutcomeCodec {
  constructor(
    private readonly values: ValueCodec,
    private readonly errors: ErrorCodec,
  ) {}

  /** `undefined` for what others cannot be given. */
  encode(outcome: Outcome): Buffer | undefined {
    try {
      if (outcome.kind === 'value') {
        return Buffer.concat([Buffer.of(VALUE), this.values.encode(outcome.value)]);
      }
      const told = this.errors.encode(outcome.error);
      return told === undefined
        ? undefined
        : Buffer.concat([Buffer.of(ERROR), Buffer.from(JSON.stringify(told))]);
    } catch {
      return undefined;
    }
  }

  /** `undefined` for bytes that make no sense here. */
  decode(payload: Buffer): Outcome | undefined {
    const body = payload.subarray(1);
    try {
      switch (payload[0]) {
        case VALUE:
          return { kind: 'value', value: this.values.decode(body) };
        case ERROR:
          return { kind: 'error', error: this.errors.decode(JSON.parse(body.toString())) };
        default:
          return undefined;
      }
    } catch {
      return undefined;
    }
  }
}
