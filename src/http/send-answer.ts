import type { ServerResponse } from 'node:http';
import type { BackendAnswer } from '../backend/index.js';
import { prepareAnswer, writeAnswer } from './write-answer.js';
import type { PreparedAnswer } from './write-answer.js';

/** The last one that was short: those who waited for one flight are answered one after the other. */
let last: { readonly of: BackendAnswer; readonly prepared: PreparedAnswer } | undefined;

/** Writes a backend's answer as it is: one shared Buffer, no parsing, no ETag or 304 of our own. */
export function sendAnswer(response: ServerResponse, answer: BackendAnswer): void {
  writeAnswer(response, prepared(answer));
}

function prepared(answer: BackendAnswer): PreparedAnswer {
  if (last?.of === answer) return last.prepared;
  const ready = prepareAnswer(answer);
  if (typeof ready.body === 'string') last = { of: answer, prepared: ready };
  return ready;
}
