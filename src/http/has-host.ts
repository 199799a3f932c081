import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';

const NAME_LENGTH = 'host'.length;

/** A registered name or an address, and a port (RFC 3986, section 3.2.2). */
const HOST = /^(?:(?:[\w\-.~!$&'()*+,;=]|%[\da-f]{2})*|\[([^\]]*)\])(?::\d*)?$/i;

/** `IPvFuture`, beside which only an IPv6 address may be in brackets. */
const FUTURE = /^v[\da-f]+\.[\w\-.~!$&'()*+,;=:]+$/i;

/** Of the last request: nearly all of them name one. */
let lastValid = '';

/** Whether a request has one `Host`, and a valid one. */
export function hasHost({ headers: { host }, rawHeaders }: IncomingMessage): boolean {
  if (host === undefined) return false;
  if (host !== lastValid) {
    if (!isHost(host)) return false;
    lastValid = host;
  }
  // Node keeps the first of several alone.
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length === NAME_LENGTH && name.toLowerCase() === 'host') count++;
  }
  return count === 1;
}

function isHost(text: string): boolean {
  const match = HOST.exec(text);
  const address = match?.[1];
  return match !== null && (address === undefined || isIPv6(address) || FUTURE.test(address));
}
