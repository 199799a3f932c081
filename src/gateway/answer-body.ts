import type { ReplayBody } from './replay-body.js';

/** The body of an answer, as those see it who fill it, keep it and hand it on. */
export type AnswerBody = Pick<
  ReplayBody,
  | 'completed'
  | 'outgrown'
  | 'unread'
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
