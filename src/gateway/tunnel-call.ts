import type { Agent } from 'node:http';
import type { Agent as TlsAgent } from 'node:https';
import type { Socket } from 'node:net';
import type { ForwardError } from './forward.error.js';
import type { ForwardTimeouts } from './phase-timer.js';

/** Where a request goes, and as what. */
export interface TunnelTarget {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Origins that are as good, tried in turn where one refuses. @default [] */
  readonly otherOrigins?: readonly string[] | undefined;
  /** Path and query as they go out, byte for byte (latin1); or `*`. */
  readonly path: string;
  /** As of `sentFields()`: without those that frame the body. Without `Host`, it is that of the origin. */
  readonly fields: readonly string[];
}

/** What bounds a request, and what is done with its answer. */
export interface TunnelOptions {
  readonly timeouts: ForwardTimeouts;
  /** Largest body of the request, in bytes; 0 for no bound. @default 0 */
  readonly maxBodyBytes?: number | undefined;
  /** Protocols that may be switched to, in lower case. @default none */
  readonly upgrades?: ReadonlySet<string> | undefined;
  /** The end-to-end fields of the answer as the client gets them. @default as they are */
  answerFields?(status: number, fields: string[]): string[];
  /** The head of the final answer, or of a switch of protocols, is there. Before it is written. */
  onHead?(status: number): void;
}

/** How a request has ended. Unless the head of an answer is out, whoever made it has to answer. */
export interface TunnelOutcome {
  /** Status of the backend's answer, if it has begun. */
  readonly status: number | undefined;
  /** Why there is no whole answer, if there is none. */
  readonly error: ForwardError | undefined;
  /** From the request to the end of its answer, or of the switched connection. */
  readonly durationMs: number;
}

/** What requests are carried by. */
export interface CarriageMeans {
  readonly plain: Agent;
  readonly encrypted: TlsAgent;
  /** Keeps a switched connection, to end it with all others. */
  keep(socket: Socket): void;
}
