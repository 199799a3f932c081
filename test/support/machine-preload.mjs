// In each process of a service that a suite runs with workers: tells which requests have been taken in, and
// has the process live by the clock of the test, where there is one.
import { subscribe } from 'node:diagnostics_channel';
import { existsSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.env.TEST_MACHINE;
let arrived;
subscribe('http.server.request.start', () => {
  arrived ??= openSync(join(folder, `arrived.${process.pid}`), 'a');
  writeSync(arrived, '.');
});

const file = join(folder, 'clock');
if (existsSync(file)) {
  const clock = openSync(file, 'r');
  const times = new Float64Array(2);
  const read = (which) => {
    readSync(clock, times, 0, times.byteLength, 0);
    return times[which];
  };
  performance.now = () => read(0);
  Date.now = () => read(1);
}
