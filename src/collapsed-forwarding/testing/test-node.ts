import { PassThrough, Writable } from 'node:stream';
import type { INestMicroservice } from '@nestjs/common';
import { ManualClock } from '../../ground/manual-clock.js';
import { createNode } from '../create-node.js';
import { DEFAULT_BOUNDS, nodeSettingsSchema } from '../node-settings.js';
import type { NodeBounds } from '../node-settings.js';
import { NodeConnection } from '../node-connection.js';
import type { PlainBody } from './key-value-origin.js';

/** A line, parsed. */
export interface PlainMessage {
  readonly src: string;
  readonly dest: string;
  readonly body: PlainBody;
}

/** A node in this process, on manual time: lines in, lines out. */
export class TestNode {
  readonly clock = new ManualClock();
  /** Lines that the node wrote, in order. */
  readonly lines: string[] = [];
  readonly warnings: string[] = [];
  readonly input = new PassThrough();
  readonly output: Writable;
  readonly connection: NodeConnection;
  private app: INestMicroservice | undefined;
  private taken = 0;
  private lastMsgId = 0;

  private constructor() {
    this.output = new Writable({
      decodeStrings: false,
      write: (chunk: string, _encoding, done) => {
        this.lines.push(...chunk.split('\n').slice(0, -1));
        done();
      },
    });
    const { input, output, clock } = this;
    this.connection = new NodeConnection({
      input,
      output,
      clock,
      warn: (message) => this.warnings.push(message),
    });
  }

  /** Starts a node, and has it initialised as `n1` unless told otherwise. */
  static async start(
    env: Record<string, string> = {},
    init = true,
    bounds: Partial<NodeBounds> = {},
  ): Promise<TestNode> {
    const node = new TestNode();
    const { connection, clock } = node;
    node.app = await createNode({
      settings: nodeSettingsSchema.parse(env),
      bounds: { ...DEFAULT_BOUNDS, ...bounds },
      connection,
      clock,
      scheduler: clock,
      logger: false,
    });
    await node.app.listen();
    if (init) {
      await node.sends(INIT);
      node.take();
    }
    return node;
  }

  /** Messages written since the last call. */
  take(): PlainMessage[] {
    const fresh = this.lines.slice(this.taken);
    this.taken = this.lines.length;
    return fresh.map((line) => JSON.parse(line) as PlainMessage);
  }

  /** Hands the node lines, as they are or from objects, and lets all that follows from them happen. */
  async sends(...lines: (string | object)[]): Promise<void> {
    for (const line of lines) {
      this.input.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
    }
    await settle(lines.length);
  }

  /** A request of client `c1`, under the next number; returns what the node wrote because of it. */
  async asks(body: PlainBody, src = 'c1'): Promise<PlainMessage[]> {
    await this.sends({ src, dest: 'n1', body: { msg_id: ++this.lastMsgId, ...body } });
    return this.take();
  }

  /** The origin's reply to `request`; returns what the node wrote because of it. */
  async replies(request: PlainMessage | undefined, body: PlainBody): Promise<PlainMessage[]> {
    if (!request) throw new Error('the node asked nothing');
    const inReplyTo = { in_reply_to: request.body['msg_id'] };
    await this.sends({ src: request.dest, dest: 'n1', body: { ...body, ...inReplyTo } });
    return this.take();
  }

  /** Lets time pass; returns what the node wrote because of it. */
  async passes(ms: number): Promise<PlainMessage[]> {
    this.clock.advance(ms);
    await settle(1);
    return this.take();
  }

  /** Ends the input and waits until the node has ended. */
  async ends(): Promise<PlainMessage[]> {
    this.input.end();
    await this.connection.ended;
    await this.close();
    return this.take();
  }

  async close(): Promise<void> {
    const { app } = this;
    this.app = undefined;
    await app?.close();
  }
}

/** The handshake of node `n1`. */
export const INIT = {
  src: 'c0',
  dest: 'n1',
  body: { type: 'init', msg_id: 1, node_id: 'n1', node_ids: ['n1'] },
};

/** Turns of the event loop after which everything that `lines` lines cause has happened. */
async function settle(lines: number): Promise<void> {
  const turns = 4 + Math.ceil(lines / 500);
  for (let i = 0; i < turns; i++) await new Promise(setImmediate);
}
