/** Logs before there is a logger, and for what needs none: in the form of the service's own lines. */
export function warnOnStderr(message: string): void {
  const { pid } = process;
  const line = {
    level: 'warn',
    pid,
    timestamp: new Date().toISOString(),
    message,
    context: 'Connection',
  };
  process.stderr.write(`${JSON.stringify(line)}\n`);
}
