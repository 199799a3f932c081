import type { ReplayBody } from './replay-body.js';

/** The body of an answer, as those see it who fill it, keep it and hand it on. */
export type AnswerBody = Pick<
  ReplayBody,
  | 'completed'
  | 'outgrown'
  | 'whole'
  | 'length'
  | 'isJoinable'
  | 'isBeyondMemory'
  | 'from'
  | 'push'
  | 'end'
  | 'fail'
  | 'sendTo'
  | 'discard'
>;

/** Nobody reads it any more, and so little is to come that it is taken for whoever comes next. */
const WORTH_THE_REST_BYTES = 2 ** 20;

/** Whether what nobody reads any more is so near to its end that the rest is worth to be taken. */
export function isNearlyThere(receivedBytes: number, length: number): boolean {
  return 2 * receivedBytes >= length || length - receivedBytes <= WORTH_THE_REST_BYTES;
}
