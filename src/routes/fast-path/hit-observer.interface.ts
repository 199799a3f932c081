import type { IncomingMessage } from 'node:http';

/** Who is told of the hits that are answered before the framework, and gives each its id. */
export interface HitObserver {
  /** Name of the header in which the id of a request is sent with its answer. */
  readonly header: string;
  /** The id of `request`, as it is sent: fit for a header. */
  idOf(request: IncomingMessage): string;
  /** `request` has been answered. */
  answered(request: IncomingMessage, id: string, status: number): void;
}
