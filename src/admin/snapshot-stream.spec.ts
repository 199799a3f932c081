import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../ground/manual-clock.js';
import { AdminService } from './admin.service.js';
import { SnapshotStream } from './snapshot-stream.js';

/** What a response is to the stream. */
class FakeResponse extends EventEmitter {
  readonly written: string[] = [];
  readonly req: { method: string };
  destroyed = false;
  headersSent = false;
  /** What the reader has not taken. */
  writableLength = 0;

  constructor(method = 'GET') {
    super();
    this.req = { method };
  }

  writeHead(): void {
    this.headersSent = true;
  }

  flushHeaders(): void {
    this.written.push('head');
  }

  write(text: string): void {
    this.written.push(text);
  }

  end(text = ''): void {
    this.written.push(text);
    this.destroy();
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.emit('close');
  }

  get snapshots(): number {
    return this.written.filter((text) => text.includes('event: snapshot')).length;
  }
}

describe('The stream of snapshots', () => {
  let clock: ManualClock;
  let taken: number;
  let stream: SnapshotStream;

  beforeEach(() => {
    clock = new ManualClock();
    taken = 0;
    const service = new AdminService({ clock });
    const counted = Object.assign(service, {
      snapshot: () => {
        taken += 1;
        return { at: taken } as never;
      },
    });
    stream = new SnapshotStream({ scheduler: clock, maxStreams: 2 }, counted);
  });

  const open = (response = new FakeResponse()): FakeResponse => {
    stream.open(response as unknown as ServerResponse);
    return response;
  };

  it('is one snapshot a second, made once for all who read', () => {
    const readers = [open(), open()];
    expect(taken).toBe(2);
    clock.advance(3_000);
    expect(taken).toBe(5);
    expect(readers.map(({ snapshots }) => snapshots)).toEqual([4, 4]);
    expect(readers[0]?.written[1]).toMatch(
      /^retry: 1000\n\nevent: snapshot\ndata: \{"at":1\}\n\n$/,
    );
  });

  it('has no timer while nobody reads', () => {
    expect(clock.pending).toBe(0);
    const [first, second] = [open(), open()];
    expect(clock.pending).toBe(1);
    first.destroy();
    expect([clock.pending, stream.size]).toEqual([1, 1]);
    second.destroy();
    expect([clock.pending, stream.size]).toEqual([0, 0]);
    open();
    expect(clock.pending).toBe(1);
  });

  it('is for so many readers, and no more', () => {
    const first = open();
    open();
    expect(() => open()).toThrow(expect.objectContaining({ status: 503 }));
    first.destroy();
    expect(() => open()).not.toThrow();
  });

  it('keeps nothing for a reader that is slow, and cuts off one that has stopped', () => {
    const slow = open();
    slow.writableLength = 1;
    clock.advance(3_000);
    expect(slow.snapshots).toBe(1);
    slow.writableLength = 0;
    clock.advance(1_000);
    expect(slow.snapshots).toBe(2);
    slow.writableLength = 1;
    clock.advance(5_000);
    expect(slow.destroyed).toBe(false);
    clock.advance(1_000);
    expect([slow.destroyed, slow.snapshots, stream.size]).toEqual([true, 2, 0]);
  });

  it('ends when the application stops, and begins no more', () => {
    const reader = open();
    stream.onModuleDestroy();
    expect(reader.written.at(-1)).toBe('event: end\ndata: {}\n\n');
    expect([reader.destroyed, clock.pending]).toEqual([true, 0]);
    expect(() => open()).toThrow(expect.objectContaining({ message: 'shutting down' }));
  });

  it('is a head alone to HEAD, and nothing to who has left', () => {
    expect(open(new FakeResponse('HEAD')).written).toEqual(['head', '']);
    const gone = new FakeResponse();
    gone.destroyed = true;
    expect(open(gone).written).toEqual([]);
    expect(stream.size).toBe(0);
  });
});
