import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { InvalidOptionError } from '../ground/index.js';
import { itemsOf } from '../http-cache/index.js';
import type { Fields } from '../http-cache/index.js';

const A_RANGE = 'an address or a range of addresses such as 10.0.0.0/8 or fd00::/8';

/** The proxies in front of the gateway whose word is taken for where a request comes from. */
export class TrustedProxies {
  private readonly list = new BlockList();
  private readonly isEmpty: boolean;

  /**
   * @param ranges addresses, or ranges as `10.0.0.0/8` and `fd00::/8`
   * @param path where they come from, for the error
   * @throws {@link InvalidOptionError} for what is neither
   */
  constructor(ranges: readonly string[] = [], path = 'trustedProxies') {
    this.isEmpty = ranges.length === 0;
    for (const [at, range] of ranges.entries()) {
      const [, address = '', bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(range) ?? [];
      const family = isIP(address);
      const most = family === 4 ? 32 : 128;
      if (family === 0 || Number(bits ?? 0) > most) {
        throw new InvalidOptionError(`${path}[${at}]`, range, A_RANGE);
      }
      this.list.addSubnet(address, Number(bits ?? most), family === 4 ? 'ipv4' : 'ipv6');
    }
  }

  includes(address: string): boolean {
    if (this.isEmpty) return false;
    const family = isIP(address);
    return family !== 0 && this.list.check(address, family === 4 ? 'ipv4' : 'ipv6');
  }
}

/** Where a request comes from. */
export interface Client {
  /** Of the client itself, as far as those in front are believed. `''` where the connection has gone. */
  readonly address: string;
  /** Of whoever has made the connection. */
  readonly peer: string;
  /** Whether what that one says of where the request comes from is believed. */
  readonly isTrusted: boolean;
  /** How the client has asked. */
  readonly scheme: 'http' | 'https';
}

/**
 * Where a request comes from: its peer, and behind trusted proxies the last address of `X-Forwarded-For`, or
 * else of `Forwarded` (RFC 7239), that is not that of a trusted proxy as well.
 *
 * @param fields of the request, as received
 */
export function clientOf(
  { socket }: IncomingMessage,
  fields: Fields,
  proxies: TrustedProxies,
): Client {
  const peer = plainAddress(socket.remoteAddress ?? '');
  const isTrusted = proxies.includes(peer);
  const ownScheme = (socket as Partial<TLSSocket>).encrypted === true ? 'https' : 'http';
  if (!isTrusted) return { address: peer, peer, isTrusted, scheme: ownScheme };
  return {
    address: addressBehind(peer, fields, proxies),
    peer,
    isTrusted,
    scheme: schemeBehind(fields) ?? ownScheme,
  };
}

/** From the nearest to the farthest: each is believed as long as it was told by one that is trusted. */
function addressBehind(peer: string, fields: Fields, proxies: TrustedProxies): string {
  let address = peer;
  const told = toldAddresses(fields);
  for (let at = told.length - 1; at >= 0 && proxies.includes(address); at--) {
    const next = addressIn(told[at] as string);
    // What is no address was told by somebody who does not know, or does not say.
    if (next === undefined) break;
    address = next;
  }
  return address;
}

function toldAddresses(fields: Fields): readonly string[] {
  const told = itemsOf(fields, 'x-forwarded-for');
  if (told.length > 0) return told;
  return itemsOf(fields, 'forwarded').map((element) => parameterOf(element, 'for') ?? '');
}

function schemeBehind(fields: Fields): 'http' | 'https' | undefined {
  const told =
    itemsOf(fields, 'x-forwarded-proto').at(-1) ??
    parameterOf(itemsOf(fields, 'forwarded').at(-1) ?? '', 'proto');
  const scheme = told?.toLowerCase();
  return scheme === 'http' || scheme === 'https' ? scheme : undefined;
}

const PAIR = /([!#$%&'*+.^_`|~\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([^;"]*))/g;

/** A parameter of one element of `Forwarded`, without its quotes. */
function parameterOf(element: string, name: string): string | undefined {
  for (const [, key = '', quoted, token] of element.matchAll(PAIR)) {
    if (key.toLowerCase() !== name) continue;
    return quoted === undefined ? token?.trim() : quoted.replace(/\\(.)/g, '$1');
  }
  return undefined;
}

/** The address in what was told, which may have a port; `undefined` where there is none. */
function addressIn(told: string): string | undefined {
  const [, bracketed, plain] =
    /^(?:\[([\da-f:.]+)\]|(\d+(?:\.\d+){3}))(?::\d{1,5})?$/i.exec(told) ?? [];
  const address = plainAddress(bracketed ?? plain ?? told);
  return isIP(address) === 0 ? undefined : address;
}

const MAPPED = /^::ffff:\d+\.\d+\.\d+\.\d+$/i;

/** IPv4 as such where a socket of both families tells of it, and no zone. */
function plainAddress(address: string): string {
  if (MAPPED.test(address)) return address.slice(7);
  const zone = address.indexOf('%');
  return zone === -1 ? address : address.slice(0, zone);
}
