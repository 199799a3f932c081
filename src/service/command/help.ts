import { settingsSchema } from '../config/index.js';
import { flagOf } from './flags.js';

/** What most users need, on one screen of 24 lines of 80 columns. */
export const HELP = `Usage: breakwater [flags]

A proxy that coalesces requests, caches answers and breaks circuits.

  --backend URL         backend behind it             [http://localhost:3001]
  --port, -p PORT       port to listen on             [3000]
  --backend-timeout-ms  longest wait for its answer   [5000]
  --fresh-ttl-ms        how long answers are fresh    [10000]
  --stale-ttl-ms        how long they may stand in    [60000]
  --cache-dir FOLDER    where answers survive a restart
  --redis URL           store that replicas share
  --log-level LEVEL     fatal, error, warn, info, debug or verbose [info]

  --check-config        say whether the configuration can be used, and exit
  --print-config        print it, secrets masked, and where each value is from
  --explain REQUEST     say what 'GET /path?query' would come to, and exit
  --help-all            every flag, with what it may be
  --help, -h            --version, -v

Every flag is also an environment variable: --backend-timeout-ms is
BACKEND_TIMEOUT_MS. The flag wins. Pass secrets by variables: anybody on the
machine can read flags.
`;

const WIDTH = 80;
const INDENT = ' '.repeat(6);

/** Every variable by its flag, with default and meaning. */
export function helpAll(): string {
  const defaults: Readonly<Record<string, string | number | undefined>> = settingsSchema.parse({});
  const flags = Object.entries(settingsSchema.shape).map(([name, { description = '' }]) => {
    const byDefault = defaults[name] === undefined ? '' : ` [${defaults[name]}]`;
    const meaning = wrapped(description.replaceAll('`', ''));
    return `  ${flagOf(name)} (${name})${byDefault}\n${meaning}`;
  });
  return `${HELP}\nEvery flag, its variable and its default:\n\n${flags.join('\n')}\n`;
}

/** Words in lines of at most {@link WIDTH}, indented. */
function wrapped(text: string): string {
  const lines: string[] = [];
  let line = INDENT;
  for (const word of text.split(' ')) {
    if (line !== INDENT && line.length + word.length > WIDTH) {
      lines.push(line.trimEnd());
      line = INDENT;
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()].join('\n');
}
