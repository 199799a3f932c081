import { memberTexts } from './json-text.js';
import type { Message } from './message.js';

/** The line is no message; the text says why. */
export type NoMessage = string;

/** Reads one line. What it is not able to read it names, and never throws. */
export function parseMessage(line: string): Message | NoMessage {
  let envelope: unknown;
  try {
    envelope = JSON.parse(line);
  } catch {
    return line.trim() === '' ? 'a blank line' : 'not JSON';
  }
  if (!isObject(envelope)) return 'not a JSON object';
  const { src, dest, body } = envelope;
  if (typeof src !== 'string' || typeof dest !== 'string') return 'no src or no dest';
  if (!isObject(body)) return 'no body';
  const { type, msg_id: msgId, in_reply_to: inReplyTo } = body;
  if (typeof type !== 'string') return 'no type';
  if (!isId(msgId)) return 'a msg_id that is no whole number';
  if (!isId(inReplyTo)) return 'an in_reply_to that is no whole number';
  const texts = memberTexts(memberTexts(line).get('body') ?? '{}');
  return {
    src,
    dest,
    type,
    msgId: texts.get('msg_id'),
    inReplyTo,
    body: texts,
    length: line.length,
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isId(value: unknown): value is number | undefined {
  return value === undefined || Number.isInteger(value);
}
