import { ConfigurationError, parseSettings } from '../config/index.js';
import type { Settings } from '../config/index.js';
import { UsageError, readCommandLine } from './flags.js';
import type { CommandLine } from './flags.js';
import { HELP, helpAll } from './help.js';
import { shownConfiguration } from './print-config.js';
import { readRequestLine } from './request-line.js';
import type { RequestLine } from './request-line.js';

/** What the command is called with, and what it may do. */
export interface CommandContext {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly version: string;
  /** Makes the process the service. */
  serve(env: NodeJS.ProcessEnv): Promise<void>;
  /** Says what the service would make of a request. */
  explain(settings: Settings, request: RequestLine): Promise<string>;
}

/** What a command has to say. */
export interface CommandResult {
  readonly output?: string;
  readonly problem?: string;
  /** 0, 1 for what cannot be used, 2 for a command line that is none; left out while the service runs. */
  readonly exitCode?: number;
}

/** Runs the command `breakwater`. @throws what a start throws that cannot succeed */
export async function runCommand(context: CommandContext): Promise<CommandResult> {
  try {
    return await perform(readCommandLine(context.args), context);
  } catch (error) {
    if (error instanceof UsageError) return { problem: `${error.message}\n`, exitCode: 2 };
    throw error;
  }
}

async function perform(line: CommandLine, context: CommandContext): Promise<CommandResult> {
  const { task, explained } = line;
  if (task === 'help') return said(HELP);
  if (task === 'help-all') return said(helpAll());
  if (task === 'version') return said(`${context.version}\n`);

  const request = explained === undefined ? undefined : readRequestLine(explained);
  const env = { ...context.env, ...line.variables };
  const settings = await checked(env, line);
  if ('problem' in settings) return settings;
  if (task === 'check-config') return said('The configuration is usable.\n');
  if (task === 'print-config') return said(shownConfiguration(settings, context.env, line));
  if (request !== undefined) return said(await context.explain(settings, request));
  await context.serve(env);
  return {};
}

function said(output: string): CommandResult {
  return { output, exitCode: 0 };
}

/** The settings, or what is wrong with them, by the names that were used. */
async function checked(
  env: NodeJS.ProcessEnv,
  { flags }: CommandLine,
): Promise<Settings | { readonly problem: string; readonly exitCode: number }> {
  try {
    const settings = parseSettings(env);
    // The start would say the rest. It connects to nothing.
    if (settings.REDIS_URL !== undefined) {
      (await import('../cluster-from-settings.js')).clusterModule(settings);
    }
    if (settings.PROXY_RULES !== undefined) {
      await (await import('../gateway-rules.js')).gatewayRules(settings);
    }
    return settings;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const problems = error.problems.map((problem) =>
      problem.replace(/^[A-Z_]+/, (name) => (name in flags ? (flags[name] ?? name) : name)),
    );
    return { problem: `${new ConfigurationError(problems).message}\n`, exitCode: 1 };
  }
}
