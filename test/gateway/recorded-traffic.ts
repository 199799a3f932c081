import { SeededRandom } from '../../src/ground/testing/seeded-random.js';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { gate } from '../support/gate.js';
import type { Gate } from '../support/gate.js';
import { Origin } from './gateway-fixture.js';
import type { RunningGateway } from './gateway-fixture.js';

/** One request of recorded traffic, without what frames it. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Requests that were under way at once, and how much later than those before they came. */
export interface Wave {
  readonly afterMs: number;
  /** Whether the backend fails meanwhile. */
  readonly fails: boolean;
  readonly requests: readonly RecordedRequest[];
}

/** What an API has: by the first segment of the path, with how many things there are of it. */
const KINDS: readonly (readonly [string, number])[] = [
  ...[['fresh', 6] as const, ['plain', 5] as const, ['stale', 4] as const],
  ...[['vary', 3] as const, ['private', 2] as const, ['session', 2] as const],
  ...[['modified', 3] as const, ['public', 3] as const, ['standby', 3] as const],
];

const LANGUAGES = ['de', 'en', 'fr'];

/** Traffic of an API: reads above all, some of them with credentials, conditions and ranges, and writes. */
export function recordedTraffic(seed: number, waves: number): Wave[] {
  const numbers = new SeededRandom(seed);
  const random = () => numbers.next();
  const chosen = <Value>(values: readonly Value[]): Value =>
    values[Math.floor(random() * values.length)] as Value;
  const pathOf = (): string => {
    const [kind, count] = chosen(KINDS);
    return `/${kind}/${Math.floor(count * random() ** 2)}`;
  };
  const headersOf = (): Record<string, string> => {
    const headers: Record<string, string> = { 'Accept-Encoding': chosen(['gzip', 'gzip, br']) };
    if (random() < 0.6) headers['Accept-Language'] = chosen(LANGUAGES);
    if (random() < 0.1) headers['Cookie'] = `session=${Math.floor(random() * 5)}`;
    if (random() < 0.05) headers['Authorization'] = `Bearer ${Math.floor(random() * 5)}`;
    if (random() < 0.08) headers['If-None-Match'] = '"1"';
    else if (random() < 0.04) headers['Range'] = 'bytes=0-9';
    return headers;
  };
  const write = (): RecordedRequest => {
    const method = chosen(['POST', 'PUT', 'DELETE']);
    const body = method === 'DELETE' ? '' : `change ${Math.floor(random() * 100)}`;
    return { method, path: pathOf(), headers: headersOf(), body };
  };
  const read = (): RecordedRequest => ({
    method: random() < 0.06 ? 'HEAD' : 'GET',
    ...{ path: pathOf(), headers: headersOf(), body: '' },
  });
  return Array.from({ length: waves }, (_, at) => {
    const isWrite = at % 6 === 5;
    const first = read();
    const requests = isWrite
      ? [write()]
      : Array.from({ length: 1 + Math.floor(random() * 11) }, () =>
          // What one asks for, others ask for at the same time.
          random() < 0.4 ? { ...read(), path: first.path } : read(),
        );
    return {
      afterMs: Math.floor(random() ** 3 * 20_000),
      fails: at % 20 > 16,
      requests,
    };
  });
}

/** A backend of that traffic: what it says depends on the traffic alone. */
export class RecordedOrigin {
  private readonly versions = new Map<string, number>();
  private constructor(readonly origin: Origin) {}
  private held: Gate = gate();
  fails = false;

  static async start(): Promise<RecordedOrigin> {
    const recorded: RecordedOrigin = new RecordedOrigin(
      await Origin.start((request, response) => {
        void recorded.held.opened.then(() => recorded.answer(request, response));
      }),
    );
    return recorded;
  }

  /** Answers nobody until it is {@link released}. */
  hold(): void {
    this.held = gate();
  }

  release(): void {
    this.held.open();
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const { method = '', url = '', headers } = request;
    request.resume();
    const [, kind = '', id = ''] = url.split('/');
    const version = this.versions.get(url) ?? 1;
    if (this.fails) {
      response.writeHead(503, ['Content-Type', 'text/plain', 'Content-Length', '4']);
      response.end('down');
      return;
    }
    if (method !== 'GET' && method !== 'HEAD') {
      this.versions.set(url, version + 1);
      response.writeHead(200, ['Content-Type', 'text/plain', 'X-Version', String(version + 1)]);
      response.end(`changed to ${version + 1}`);
      return;
    }
    const language = headers['accept-language'] ?? 'none';
    const whose = kind === 'private' ? (headers.cookie ?? headers.authorization ?? '') : '';
    const etag = `"${version}${kind === 'vary' ? language : ''}"`;
    const body = `${kind} ${id} version ${version} ${kind === 'vary' ? language : ''}${whose} `;
    const content = body.repeat(20);
    const fields = ['X-Mixed-Case', 'Kept', 'content-type', 'text/plain', ...fieldsOf(kind, etag)];
    if (FRESH_TAGS.has(kind) && headers['if-none-match'] === etag) {
      response.writeHead(304, fields);
      response.end();
    } else if (headers.range !== undefined) {
      const range = `bytes 0-9/${content.length}`;
      response.writeHead(206, [...fields, 'Content-Range', range, 'Content-Length', '10']);
      response.end(method === 'HEAD' ? '' : content.slice(0, 10));
    } else {
      const length = Number(id) % 2 === 0 ? ['Content-Length', String(content.length)] : [];
      response.writeHead(200, [...length, ...fields, 'X-Last', `${version}`]);
      response.end(method === 'HEAD' ? '' : content);
    }
  }
}

const FRESH_TAGS: ReadonlySet<string> = new Set(['fresh', 'stale', 'vary', 'standby']);

function fieldsOf(kind: string, etag: string): string[] {
  switch (kind) {
    case 'fresh':
      return ['Cache-Control', 'max-age=30', 'ETag', etag];
    case 'stale':
      return ['Cache-Control', 'max-age=5, stale-while-revalidate=20', 'ETag', etag];
    case 'standby':
      return ['Cache-Control', 'max-age=5, stale-if-error=600', 'ETag', etag];
    case 'vary':
      return ['Cache-Control', 'max-age=30', 'Vary', 'Accept-Language', 'ETag', etag];
    case 'private':
      return ['Cache-Control', 'private, max-age=60'];
    case 'session':
      return ['Cache-Control', 'max-age=60', 'Set-Cookie', 'seen=1'];
    case 'modified':
      return ['Last-Modified', 'Mon, 01 Jan 2024 00:00:00 GMT'];
    case 'public':
      return ['Cache-Control', 'public, s-maxage=30'];
    default:
      return [];
  }
}

/** The bytes of an answer. */
export interface RawReply {
  readonly head: string;
  readonly body: Buffer;
}

/** Sends a request on a connection of its own, and reads all that comes. */
export function play(port: number, request: RecordedRequest): Promise<RawReply> {
  const { method, path, headers, body } = request;
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: api.example', 'Connection: close'];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  if (body !== '') lines.push(`Content-Length: ${body.length}`);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1');
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.once('error', reject);
    socket.once('end', () => {
      socket.destroy();
      const bytes = Buffer.concat(chunks);
      const end = bytes.indexOf('\r\n\r\n');
      resolve({ head: bytes.toString('latin1', 0, end), body: bytes.subarray(end + 4) });
    });
    socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  });
}

/** Plays all of the traffic against a gateway, each request when the one before has come. */
export async function playThrough(
  gateway: RunningGateway,
  backend: RecordedOrigin,
  traffic: readonly Wave[],
): Promise<RawReply[]> {
  const replies: RawReply[] = [];
  let asked = 0;
  for (const { afterMs, fails, requests } of traffic) {
    gateway.clock.advance(afterMs);
    backend.fails = fails;
    backend.hold();
    const waiting: Promise<RawReply>[] = [];
    for (const request of requests) {
      waiting.push(play(gateway.port, request));
      await gateway.waitForAsked(++asked);
    }
    backend.release();
    replies.push(...(await Promise.all(waiting)));
  }
  return replies;
}
