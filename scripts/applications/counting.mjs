// Loaded before an application: counts the requests that its server gets, and tells them over the channel.
import { subscribe } from 'node:diagnostics_channel';

let requests = 0;
subscribe('http.server.request.start', () => {
  requests += 1;
});
process.on('message', () => process.send({ requests }));
// Whoever has started it is gone.
process.on('disconnect', () => process.exit());
process.channel?.unref();
