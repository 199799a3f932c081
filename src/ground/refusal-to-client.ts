/** Status codes of gRPC, as far as refusals have one. */
export const GRPC = { INVALID_ARGUMENT: 3, DEADLINE_EXCEEDED: 4, UNAVAILABLE: 14 } as const;

/** Trailer by which a server says how long a client is to wait before it tries again. */
const PUSHBACK = 'grpc-retry-pushback-ms';

/** As `@grpc/grpc-js` has it, recognised by shape; it is not imported. */
interface GrpcMetadata {
  readonly constructor: new () => GrpcMetadata;
  set(key: string, value: string): void;
}

/** A call as a server of gRPC hands it out. */
interface GrpcCall {
  readonly metadata: GrpcMetadata;
  sendMetadata(metadata: GrpcMetadata): void;
}

/**
 * `refusal` as a server of gRPC makes a status of it, if that is what brought the message.
 *
 * @param args of the handler
 * @param retryAfterMs how long the caller is to wait, in whole milliseconds
 */
export function grpcStatusOf(
  args: readonly unknown[],
  refusal: Error,
  code: number,
  retryAfterMs: number | undefined,
): Error | undefined {
  const call = args.find(isGrpcCall);
  if (call === undefined) return undefined;
  const metadata = new call.metadata.constructor();
  if (retryAfterMs !== undefined) metadata.set(PUSHBACK, String(retryAfterMs));
  return Object.assign(refusal, { code, details: refusal.message, metadata });
}

function isGrpcCall(argument: unknown): argument is GrpcCall {
  const { metadata, sendMetadata } = (argument ?? {}) as Partial<GrpcCall>;
  return typeof sendMetadata === 'function' && typeof metadata?.set === 'function';
}

/** A client of a gateway: of socket.io, whose `emit` goes to the client, or of `ws`, whose `emit` does not. */
export interface WsClient {
  readonly readyState?: number;
  emit?(event: string, message: object): unknown;
  send?(text: string): unknown;
}

/** Tells a client of a gateway what went wrong, by the event that Nest's own errors come in. */
export function tellClient(client: WsClient, message: object): void {
  if (client.readyState === undefined) client.emit?.('exception', message);
  else client.send?.(JSON.stringify({ event: 'exception', data: message }));
}
