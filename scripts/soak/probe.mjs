// Loaded into the service before its own code (`node --import`): sends how its process is doing each
// second to whoever started it. It changes nothing and keeps nothing alive.
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 10;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();
setInterval(() => {
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  // What it measures is from one tick to the next: the resolution is no delay.
  const over = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
  const loop = { p99Ms: over(delay.percentile(99)), maxMs: over(delay.max) };
  delay.reset();
  const sockets = process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap');
  process.send?.({ rss, heapUsed, external, arrayBuffers, loop, sockets: sockets.length });
}, 1_000).unref();
process.channel?.unref();
