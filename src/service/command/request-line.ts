import { METHODS } from 'node:http';
import { UsageError } from './flags.js';

/** The first line of a request. */
export interface RequestLine {
  readonly method: string;
  /** Path and query, perhaps with scheme and host before them. */
  readonly target: string;
}

const LINE = /^(?:(\S+) +)?((?:https?:\/\/[^\s/?#]+)?\/\S*)(?: +HTTP\/1\.[01])?$/i;

/** Reads `GET /path?query`, as it stands in logs. @throws {UsageError} for what no client could send */
export function readRequestLine(text: string): RequestLine {
  const [, method = 'GET', target] = LINE.exec(text.trim()) ?? [];
  if (target === undefined) {
    throw new UsageError(`--explain is ${JSON.stringify(text)}; write it like "GET /path?query".`);
  }
  if (!METHODS.includes(method)) {
    throw new UsageError(`--explain is ${JSON.stringify(text)}: ${method} is no method of HTTP.`);
  }
  return { method, target };
}
