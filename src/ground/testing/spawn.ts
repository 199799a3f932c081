import * as children from 'node:child_process';

/** Where the test environment keeps what a test file has started; see `test/support/environment.js`. */
const STARTED = Symbol.for('breakwater.test.started');

type Started = Set<() => Promise<void>>;

/**
 * `spawn` for tests. The process and its own children are killed when the test file is over, whether its
 * tests passed, failed or ran out of time, and as well when the test runner itself is killed.
 *
 * It leads a process group, so that a server's workers and what a shell starts end with it. Give its
 * standard error a pipe: an inherited one keeps the runner's own open.
 */
export const spawn = ((
  command: string,
  args: readonly string[],
  options: children.SpawnOptions,
): children.ChildProcess => {
  const child = children.spawn(command, args, { ...options, detached: true });
  const { pid } = child;
  // The command was not found: its `error` event says so.
  if (pid === undefined) return child;
  // Whatever ends the test runner closes this pipe: no handler has to run for it.
  const guard = children.spawn('sh', ['-c', 'read _; kill -9 "-$0"', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.stdin.on('error', () => undefined);
  const guardEnded = new Promise<void>((resolve) => guard.once('exit', () => resolve()));
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      guard.kill('SIGKILL');
      resolve();
    });
  }).then(() => guardEnded);
  const started = (globalThis as { [STARTED]?: Started })[STARTED];
  if (!started) throw new Error('Start processes inside of a test: nobody else would end them');
  const end = (): Promise<void> => {
    killGroup(pid);
    return ended;
  };
  started.add(end);
  void ended.then(() => started.delete(end));
  return child;
}) as typeof children.spawn;

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}
