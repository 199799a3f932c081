import type { SharedOutcome, ValueCodec } from '../../caching/index.js';
import type { Lease } from '../kernel/index.js';
import type { ErrorCodec } from './error-codec.js';

/** First byte of an outcome. Others are of another release: nobody can say what they mean. */
const VALUE = 1;
const ERROR = 3;

/** Turns outcomes into bytes and back, and tells them to other processes. */
export class OutcomeCodec {
  constructor(
    private readonly values: ValueCodec,
    private readonly errors: ErrorCodec,
  ) {}

  /** `undefined` for what others cannot be given. */
  encode(outcome: SharedOutcome): Buffer | undefined {
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

  /** Leaves an outcome to those who wait for it. Resolves when the store has taken it, and never rejects. */
  async tell(lease: Lease, outcome: SharedOutcome, tags?: readonly string[]): Promise<void> {
    const payload = this.encode(outcome);
    // An error that cannot be told says nothing of the answers to come.
    const whyNot = outcome.kind === 'error' ? 'gave-up' : 'unshareable';
    await (payload ? lease.settle(payload, tags) : lease.release(whyNot));
  }

  /** `undefined` for bytes that make no sense here. */
  decode(payload: Buffer): SharedOutcome | undefined {
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
