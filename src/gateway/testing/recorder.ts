import type { ForwardError } from '../forward.error.js';
import type { ForwardSink } from '../forward.js';

/** Writes down what a call tells, and lets a spec wait for it. */
export class Recorder implements ForwardSink {
  readonly interims: [number, string[]][] = [];
  status = 0;
  fields: string[] = [];
  reason = '';
  trailers: string[] | undefined;
  error: ForwardError | undefined;
  /** How often it was told of an end, of either kind. */
  ends = 0;
  /** Done with each piece. */
  onData: (chunk: Buffer) => void = () => undefined;
  /** Done with the head. */
  onHead: () => void = () => undefined;

  private readonly pieces: Buffer[] = [];
  private waiting: { readonly until: () => boolean; readonly resolve: () => void }[] = [];

  get body(): Buffer {
    return Buffer.concat(this.pieces);
  }

  get bytes(): number {
    return this.pieces.reduce((sum, { length }) => sum + length, 0);
  }

  interim(status: number, fields: string[]): void {
    this.interims.push([status, fields]);
    this.look();
  }

  head(status: number, fields: string[], reason: string): void {
    Object.assign(this, { status, fields, reason });
    this.onHead();
    this.look();
  }

  data(chunk: Buffer): void {
    this.pieces.push(chunk);
    this.onData(chunk);
    this.look();
  }

  end(trailers: string[]): void {
    this.ends++;
    this.trailers = trailers;
    this.look();
  }

  fail(error: ForwardError): void {
    this.ends++;
    this.error = error;
    this.look();
  }

  /** Resolves when the call has ended, to how. */
  async ended(): Promise<string> {
    await this.until(() => this.ends > 0);
    if (this.error === undefined) return 'whole';
    const { failure, phase } = this.error;
    return phase === undefined ? failure : `${failure}:${phase}`;
  }

  /** Resolves as soon as something told has made it so. */
  until(until: () => boolean): Promise<void> {
    if (until()) return Promise.resolve();
    return new Promise((resolve) => {
      this.waiting.push({ until, resolve });
    });
  }

  private look(): void {
    this.waiting = this.waiting.filter(({ until, resolve }) => {
      const isSo = until();
      if (isSo) resolve();
      return !isSo;
    });
  }
}
