/**
 * What of an ioredis 6 connection is used: `new Redis(…)`, to one server or by Sentinels. By structure,
 * so that nobody needs ioredis who does not bring it.
 */
export interface IoredisConnection {
  readonly isCluster: boolean;
  duplicate(override?: object): IoredisConnection;
  connect(): Promise<void>;
  disconnect(): void;
  callBuffer(command: string, ...args: (string | Buffer)[]): Promise<unknown>;
  subscribe(...channels: string[]): Promise<unknown>;
  on(event: string, listener: (...args: never[]) => void): unknown;
}
