import { parseArgs } from 'node:util';
import { nearName } from '../../ground/index.js';
import { settingsSchema } from '../config/index.js';

/** The command line is not usable. The message says what to write instead. */
export class UsageError extends Error {
  readonly code = 'BREAKWATER_USAGE';

  constructor(message: string) {
    super(`${message}\n'breakwater --help' tells the flags.`);
    this.name = 'UsageError';
  }
}

/** What else a variable's flag may be called. */
const SHORTER: Readonly<Record<string, string>> = {
  backend: 'BACKEND_URL',
  redis: 'REDIS_URL',
};

/** What the command does in place of serving. */
const TASKS = {
  help: { type: 'boolean', short: 'h' },
  'help-all': { type: 'boolean' },
  version: { type: 'boolean', short: 'v' },
  'check-config': { type: 'boolean' },
  'print-config': { type: 'boolean' },
  explain: { type: 'string' },
} as const;

/** One of what the command does in place of serving. */
export type Task = keyof typeof TASKS;

/** The flag of a variable: `--backend-url` of `BACKEND_URL`. */
export function flagOf(variable: string): string {
  return `--${variable.toLowerCase().replaceAll('_', '-')}`;
}

/** Every flag that sets a variable, without its dashes, and which. */
const VARIABLES: ReadonlyMap<string, string> = new Map([
  ...Object.keys(settingsSchema.shape).map((name) => [flagOf(name).slice(2), name] as const),
  ...Object.entries(SHORTER),
]);

/** How a flag is written. */
interface Flag {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
}

const OPTIONS: Readonly<Record<string, Flag>> = {
  ...Object.fromEntries([...VARIABLES.keys()].map((name) => [name, { type: 'string' }])),
  port: { type: 'string', short: 'p' },
  ...TASKS,
};

/** A command line, read. */
export interface CommandLine {
  /** Left out: serve. */
  readonly task?: Task;
  /** What is to be explained, as it was written. */
  readonly explained?: string;
  /** The variables that flags set. */
  readonly variables: Readonly<Record<string, string>>;
  /** The flag that has set each, as it was written. */
  readonly flags: Readonly<Record<string, string>>;
}

/**
 * Reads the arguments after the program's name. Of a flag that is given twice the last one counts.
 *
 * @throws {UsageError} for a flag that is none, with the nearest one, and for one without its value
 */
export function readCommandLine(args: readonly string[]): CommandLine {
  const { tokens } = parseArgs({ args: [...args], options: OPTIONS, strict: false, tokens: true });
  const variables: Record<string, string> = {};
  const flags: Record<string, string> = {};
  let task: Task | undefined;
  let explained: string | undefined;
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      throw new UsageError(`"${token.value}" is not expected: values belong to flags.`);
    }
    const { name, rawName } = token;
    const kind = Object.hasOwn(OPTIONS, name) ? OPTIONS[name]?.type : undefined;
    if (kind === undefined) throw unknownFlag(rawName, name);
    if (kind === 'boolean' && token.value !== undefined) {
      throw new UsageError(`${rawName} takes no value.`);
    }
    const variable = VARIABLES.get(name);
    if (variable === undefined) {
      if (task !== undefined && task !== name) {
        throw new UsageError(`--${task} and --${name} are two things: ask for one of them.`);
      }
      task = name as Task;
      if (kind === 'string') explained = valueOf(token);
    } else {
      variables[variable] = valueOf(token);
      flags[variable] = rawName;
    }
  }
  return {
    ...(task && { task }),
    ...(explained !== undefined && { explained }),
    variables,
    flags,
  };
}

interface Given {
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

/** What looks like the next flag is not the value of the one before it; `--flag=-1` says that it is. */
function valueOf({ rawName, value, inlineValue }: Given): string {
  if (value === undefined || value === '' || (!inlineValue && value.startsWith('-'))) {
    throw new UsageError(`${rawName} needs a value.`);
  }
  return value;
}

function unknownFlag(rawName: string, name: string): UsageError {
  const variable = VARIABLES.get(name.toLowerCase().replaceAll('_', '-'));
  const meant =
    variable === undefined ? nearName(name, Object.keys(OPTIONS)) : flagOf(variable).slice(2);
  return new UsageError(`${rawName} is no flag${meant ? `; did you mean --${meant}?` : '.'}`);
}
