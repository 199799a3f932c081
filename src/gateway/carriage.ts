import { request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage, RequestOptions, ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { loopbackLookup } from '../backend/index.js';
import { FieldNames, endToEnd, valueOf, without } from '../http-cache/index.js';
import { closeAfterAnswer, cutOff, writeInterim } from './client-connection.js';
import { fieldLines } from './field-lines.js';
import { ForwardError } from './forward.error.js';
import type { ForwardFailure, ForwardPhase } from './forward.error.js';
import { isPlainlyCoded } from './forward.js';
import { framedFields, hasContent, protocolsOf, trailerField, trailerPairs } from './framing.js';
import { PhaseTimer } from './phase-timer.js';
import type { CarriageMeans, TunnelOptions, TunnelOutcome, TunnelTarget } from './tunnel-call.js';
import { behindUpgrade, takeExpectation } from './special-requests.js';
import { joinSockets } from './upgraded.js';

const LENGTH = new FieldNames(['content-length']);

/** One request on its way. */
export class Carriage {
  private readonly startedAt = performance.now();
  private readonly time: PhaseTimer;
  private readonly behind: Buffer | undefined;
  private readonly expects: boolean;
  private sent: ClientRequest | undefined;
  private incoming: IncomingMessage | undefined;
  private status: number | undefined;
  private bodyBytes = 0;
  private hasSentAll = false;
  private isDelimited = true;
  private isOver = false;
  private attempts = 0;

  constructor(
    private readonly means: CarriageMeans,
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly target: TunnelTarget,
    private readonly options: TunnelOptions,
    private readonly resolve: (outcome: TunnelOutcome) => void,
  ) {
    this.behind = behindUpgrade(request);
    this.expects = takeExpectation(request);
    this.time = new PhaseTimer(options.timeouts, (phase) => this.timeIsUp(phase));
  }

  begin(): void {
    const { request, response } = this;
    if (response.destroyed) {
      this.fail('aborted', new Error('the client has left'));
      return;
    }
    const { maxBodyBytes = 0 } = this.options;
    if (maxBodyBytes > 0 && Number(request.headers['content-length'] ?? 0) > maxBodyBytes) {
      this.fail('too-large');
      return;
    }
    response.once('close', this.onClientClose);
    request.on('error', this.onClientError);
    this.connect();
  }

  private connect(): void {
    const { origin, otherOrigins = [] } = this.target;
    const to = this.attempts === 0 ? origin : (otherOrigins[this.attempts - 1] as string);
    this.time.enter('connect');
    try {
      this.sent = this.send(new URL(to));
    } catch (error) {
      this.fail('unsendable', error);
      return;
    }
    const { sent } = this;
    let isConnected = false;
    const onConnected = () => {
      isConnected = true;
      if (this.isOver || this.sent !== sent) return;
      this.time.enter('head');
      this.sendBody(sent);
    };
    sent.once('socket', (socket) => {
      if (!socket.connecting) onConnected();
      else socket.once('secureConnecting' in socket ? 'secureConnect' : 'connect', onConnected);
    });
    sent.on('information', ({ statusCode, rawHeaders }) => {
      if (!this.isOver) writeInterim(this.response, statusCode, rawHeaders);
    });
    sent.on('response', (incoming) => this.answer(incoming));
    sent.on('upgrade', (incoming, socket, head) => this.switch(incoming, socket, head));
    sent.on('error', (error: NodeJS.ErrnoException) => {
      // What comes behind a whole answer is none of it.
      if (this.isOver || this.incoming?.complete === true) return;
      const isRefused = !isConnected && error.code === 'ECONNREFUSED';
      if (isRefused && this.attempts < otherOrigins.length) {
        this.attempts++;
        this.connect();
      } else if (this.status !== undefined) this.fail('truncated', error);
      else if (!isConnected) this.fail(isRefused ? 'refused' : 'unreachable', error);
      else this.fail(error.code?.startsWith('HPE_') === true ? 'invalid' : 'closed', error);
    });
  }

  private send({ protocol, hostname, port, host }: URL): ClientRequest {
    const { path } = this.target;
    const { method = 'GET' } = this.request;
    const isTls = protocol === 'https:';
    const headers = framedFields(this.target.fields, this.request, { host, expects: this.expects });
    const name = hostname.replace(/^\[(.*)\]$/, '$1');
    const to: RequestOptions = {
      host: name,
      port: port || (isTls ? 443 : 80),
      path,
      method,
      headers,
    };
    if (this.behind === undefined) to.agent = isTls ? this.means.encrypted : this.means.plain;
    else {
      // Whoever has said all may still be told something.
      const half = {
        allowHalfOpen: true,
        lookup: loopbackLookup,
        host: name,
        port: Number(to.port),
      };
      to.createConnection = () =>
        isTls
          ? tlsConnect({ ...half, servername: name, ALPNProtocols: ['http/1.1'] })
          : connect(half);
    }
    return isTls ? httpsRequest(to) : httpRequest(to);
  }

  /** Hands the body on as it comes, as fast as the backend takes it. */
  private sendBody(sent: ClientRequest): void {
    const { request, behind } = this;
    const { maxBodyBytes = 0 } = this.options;
    // Node's own way of sending a head at once takes it for UTF-8.
    sent.write('', 'latin1');
    if (behind !== undefined) {
      sent.end();
      return;
    }
    request.on('data', (chunk: Buffer) => {
      if (this.isOver) return;
      this.bodyBytes += chunk.length;
      if (maxBodyBytes > 0 && this.bodyBytes > maxBodyBytes) {
        this.fail('too-large');
        return;
      }
      if (this.status === undefined) this.time.enter('idle');
      if (sent.destroyed || sent.write(chunk)) return;
      request.pause();
      sent.once('drain', () => {
        if (this.isOver) return;
        this.time.progress();
        request.resume();
      });
    });
    request.once('end', () => {
      this.hasSentAll = true;
      if (this.isOver) return;
      if (this.status === undefined) this.time.enter('head');
      if (request.rawTrailers.length > 0 && request.headers['transfer-encoding'] !== undefined) {
        sent.addTrailers(trailerPairs(request.rawTrailers));
      }
      sent.end();
    });
  }

  /** Hands the final answer on as it comes, as fast as the client takes it. */
  private answer(incoming: IncomingMessage): void {
    const { request, response, options } = this;
    if (this.isOver) {
      incoming.destroy();
      return;
    }
    const { statusCode: status = 0, rawHeaders } = incoming;
    if (status < 200 || !isPlainlyCoded(rawHeaders)) {
      this.fail('invalid', new Error('an answer that cannot be handed on'));
      return;
    }
    this.incoming = incoming;
    this.status = status;
    options.onHead?.(status);
    this.time.enter('idle');
    if (!this.isRequestWhole) closeAfterAnswer(request, response);
    try {
      this.writeHead(incoming, status);
    } catch (error) {
      // There are fields that no parser minds and no writer takes.
      this.fail('invalid', error);
      return;
    }
    incoming.on('data', (chunk: Buffer) => {
      this.time.progress();
      if (this.isOver || response.write(chunk)) return;
      incoming.pause();
    });
    response.on('drain', () => {
      if (this.isOver) return;
      this.time.progress();
      incoming.resume();
    });
    incoming.once('end', () => {
      if (this.isOver || !incoming.complete) return;
      if (incoming.rawTrailers.length > 0 && response.chunkedEncoding) {
        response.addTrailers(trailerPairs(incoming.rawTrailers));
      }
      this.finish(undefined);
      response.end();
    });
    incoming.once('error', (error) => this.fail('truncated', error));
    incoming.once('close', () => {
      if (!incoming.complete) this.fail('truncated', new Error('the connection has closed'));
    });
  }

  private writeHead(incoming: IncomingMessage, status: number): void {
    const { request, response, options } = this;
    const { rawHeaders, statusMessage = '' } = incoming;
    const received = endToEnd(rawHeaders);
    const kept = status === 204 ? without(received, LENGTH) : received;
    const fields = options.answerFields?.(status, kept) ?? kept;
    const isSent = hasContent(request, status);
    const isOpen = isSent && valueOf(fields, 'content-length') === undefined;
    const knowsChunks = request.httpVersionMajor === 1 && request.httpVersionMinor >= 1;
    this.isDelimited = !isOpen || knowsChunks;
    if (isOpen && knowsChunks) fields.push(...trailerField(rawHeaders));
    const reason = /^[\t\x20-\x7e]+$/.test(statusMessage) ? statusMessage : undefined;
    if (reason === undefined) response.writeHead(status, fieldLines(fields));
    else response.writeHead(status, reason, fieldLines(fields));
    if (isSent) response.write('', 'latin1');
  }

  /** The backend speaks another protocol from now on. */
  private switch(incoming: IncomingMessage, backend: Socket, head: Buffer): void {
    const { request, response, behind, options } = this;
    const protocol = incoming.headers.upgrade ?? '';
    backend.on('error', () => backend.destroy());
    const isAllowed =
      behind !== undefined &&
      protocolsOf(protocol).every((it) => options.upgrades?.has(it) === true);
    const client = request.socket;
    if (this.isOver || !isAllowed || protocol === '') {
      backend.destroy();
      this.fail('invalid', new Error('a protocol that nobody asked for'));
      return;
    }
    this.status = 101;
    options.onHead?.(101);
    this.time.stop();
    const fields = endToEnd(incoming.rawHeaders);
    try {
      response.writeHead(101, [...fields, 'Connection', 'Upgrade', 'Upgrade', protocol]);
    } catch (error) {
      backend.destroy();
      this.fail('invalid', error);
      return;
    }
    response.end();
    this.means.keep(client);
    this.means.keep(backend);
    if (behind.length > 0) client.unshift(behind);
    if (head.length > 0) backend.unshift(head);
    response.off('close', this.onClientClose);
    joinSockets(client, backend, options.timeouts.idleMs, (error) => {
      this.finish(error === undefined ? undefined : new ForwardError('truncated', error));
    });
  }

  /** Whether all of the request has come. */
  private get isRequestWhole(): boolean {
    return this.behind !== undefined || this.hasSentAll || this.request.complete;
  }

  private timeIsUp(phase: ForwardPhase): void {
    // The backend takes all that comes, and nothing comes; or the client takes nothing of what has come.
    const waitsForClient =
      phase === 'idle' &&
      (this.status === undefined
        ? this.sent?.writableNeedDrain !== true
        : this.response.writableNeedDrain);
    if (waitsForClient) this.fail('stalled');
    else this.fail('timeout', undefined, phase);
  }

  private readonly onClientClose = (): void => {
    this.fail('aborted', new Error('the client has left'));
  };

  private readonly onClientError = (error: Error): void => {
    this.fail('aborted', error);
  };

  private fail(failure: ForwardFailure, cause?: unknown, phase?: ForwardPhase): void {
    if (this.isOver) return;
    const { request, response } = this;
    this.finish(new ForwardError(failure, cause, phase));
    if (response.headersSent) cutOff(response, this.isDelimited);
    else if (!this.isRequestWhole) closeAfterAnswer(request, response);
  }

  private finish(error: ForwardError | undefined): void {
    if (this.isOver) return;
    this.isOver = true;
    this.time.stop();
    const { sent, request, response } = this;
    response.off('close', this.onClientClose);
    // What is left of the request is for nobody, and its connection to the backend of no use.
    if (this.status !== 101 && (error !== undefined || !this.hasSentAll)) sent?.destroy();
    if (!this.hasSentAll) request.resume();
    this.resolve({ status: this.status, error, durationMs: performance.now() - this.startedAt });
  }
}
