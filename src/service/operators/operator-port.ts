import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { OnApplicationBootstrap } from '@nestjs/common';
import {
  REQUEST_ID_HEADER,
  answerBefore,
  decodedPath,
  jsonAnswer,
  pathOfTarget,
  requestIdFrom,
  writeAnswer,
} from '../../http/index.js';
import { LogEvent } from '../../ground/index.js';
import { ConfigurationError, SETTINGS } from '../config/index.js';
import type { Settings } from '../config/index.js';
import type { RefusalLog } from '../connections/index.js';

/** What is for operators alone, in any case and with whatever behind it. */
const THEIRS = /^\/(?:admin|metrics)(?:\/|$)/i;

/** What else their port serves. */
const SHARED = /^\/health(?:\/|$)/i;

const NOT_FOUND = { error: 'not found' };

const FOR_OPERATORS = Symbol('breakwater:for-operators');

type Marked = IncomingMessage & { [FOR_OPERATORS]?: true };

/** Whether a request has come by the port of operators. */
export function isForOperators(request: IncomingMessage): boolean {
  return (request as Marked)[FOR_OPERATORS] === true;
}

/**
 * The port of operators. What is theirs is not found on the public port, and nothing else on theirs, but for
 * health, which tells them all of it. Behind both is one application: a request that has come by this port is
 * marked, and goes where those of the public one go.
 */
@Injectable()
export class OperatorPort implements OnApplicationBootstrap {
  private readonly logger = new Logger('Service');
  private server: Server | undefined;

  constructor(@Inject(SETTINGS) private readonly settings: Settings) {}

  /** Where it listens, once it does. */
  get address(): AddressInfo {
    return this.server?.address() as AddressInfo;
  }

  /** @param server of operators, whose requests are handed on to `open`, the public one */
  attach(server: Server, open: Server, log: RefusalLog): void {
    this.server = server;
    server.on('request', (request: Marked, response) => {
      if (isPath(request, THEIRS) || isPath(request, SHARED)) {
        request[FOR_OPERATORS] = true;
        open.emit('request', request, response);
      } else {
        refuse(request, response, log);
      }
    });
    answerBefore(open, (request, response) => {
      if (isForOperators(request) || !isPath(request, THEIRS)) return false;
      writeAnswer(response, jsonAnswer(404, NOT_FOUND));
      return true;
    });
  }

  /** @throws {@link ConfigurationError} where it cannot be listened on */
  async onApplicationBootstrap(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    const { ADMIN_PORT, ADMIN_HOST } = this.settings;
    try {
      await once(server.listen({ port: ADMIN_PORT, host: ADMIN_HOST }), 'listening');
    } catch (error) {
      throw new ConfigurationError([this.explain(error as NodeJS.ErrnoException)]);
    }
    const { address, port } = this.address;
    const words = `Listening for operators on ${address}, port ${port}`;
    this.logger.log(new LogEvent('service.listening-for-operators', words, { address, port }));
  }

  private explain({ code, message }: NodeJS.ErrnoException): string {
    const { ADMIN_PORT, ADMIN_HOST } = this.settings;
    switch (code) {
      case 'EADDRINUSE':
        return `ADMIN_PORT is ${ADMIN_PORT}, which is in use; allowed: a free port`;
      case 'EACCES':
        return `ADMIN_PORT is ${ADMIN_PORT}, which needs privileges; allowed: above 1023`;
      default:
        return `ADMIN_HOST is ${JSON.stringify(ADMIN_HOST)}, where nobody can listen: ${message}`;
    }
  }
}

/** As either router would take it: Express as it came, Fastify decoded. */
function isPath({ url = '' }: IncomingMessage, pattern: RegExp): boolean {
  const path = pathOfTarget(url);
  return pattern.test(path) || pattern.test(decodedPath(path));
}

/** Before the application hears of it, whose fast path would answer it. */
function refuse(request: IncomingMessage, response: ServerResponse, log: RefusalLog): void {
  const id = requestIdFrom(request.headers['x-request-id']);
  log.refused(id, 404, undefined, request);
  writeAnswer(response, jsonAnswer(404, NOT_FOUND, [REQUEST_ID_HEADER, id]));
}
