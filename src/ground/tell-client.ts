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
