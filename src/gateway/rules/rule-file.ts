import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { LineCounter, Scalar, isAlias, isMap, isScalar, isSeq, parseDocument, visit } from 'yaml';
import type { Document, Node } from 'yaml';
import { anyText } from '../../ground/index.js';
import { rulesSchema } from './file-schema.js';
import { faultText } from './rule-fault.js';
import type { Fault, FaultPath } from './rule-fault.js';
import { compileRules } from './rule-set.js';
import type { RuleSet, RuleSurroundings } from './rule-set.js';

/** A longer one is no rule file. */
const MAX_BYTES = 8 * 2 ** 20;

/** A rule file that is not usable, or not there. */
export class RuleFileError extends Error {
  override readonly name = 'RuleFileError';
  readonly code = 'BREAKWATER_RULE_FILE';

  constructor(
    readonly file: string,
    /** All that is wrong with it, a line each: `file:line:column path: value; allowed: …`. */
    readonly problems: readonly string[],
  ) {
    super(`The rules are not usable:\n${problems.map((line) => `  ${line}`).join('\n')}`);
  }
}

/** A rule file as it was read. */
export interface RuleFile {
  readonly file: string;
  /** Tells its contents from others. */
  readonly version: string;
  readonly set: RuleSet;
  /** What may be meant, and more likely is not, a line each. */
  readonly warnings: readonly string[];
}

/**
 * Reads, checks and compiles a rule file.
 *
 * @throws {@link RuleFileError} with everything that is wrong with it · InvalidOptionError for what is no path
 */
export async function readRuleFile(file: string, around: RuleSurroundings = {}): Promise<RuleFile> {
  anyText.check(file, 'readRuleFile()', 'file');
  let text: string;
  try {
    text = await textOf(file);
  } catch (error) {
    throw new RuleFileError(file, [unreadable(file, error)]);
  }
  return parseRuleFile(text, file, around);
}

/** @throws {@link RuleFileError} */
export function parseRuleFile(text: string, file: string, around: RuleSurroundings = {}): RuleFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const said = new Remarks(file, lines);
  let declared: unknown;
  try {
    for (const { pos, message, code } of document.errors) {
      said.add(pos[0], code === 'DUPLICATE_KEY' ? 'the same member twice' : `no YAML: ${message}`);
    }
    readLooseAliases(document, said);
    // Of what is twice the last one is read, so that all the rest is checked; what is no YAML says nothing.
    const isReadable = document.errors.every(({ code }) => code === 'DUPLICATE_KEY');
    if (!isReadable) throw new RuleFileError(file, said.inOrder());
    declared = document.toJS();
  } catch (error) {
    if (error instanceof RuleFileError) throw error;
    // Such as aliases of aliases that come to more than memory holds.
    throw new RuleFileError(file, [`${file} no YAML: ${(error as Error).message}`]);
  }
  const { set, faults, warnings } = compileRules(declared, rulesSchema, around);
  for (const fault of faults) said.add(offsetOf(document, fault.path), faultText(fault));
  const problems = said.inOrder();
  if (set === undefined || problems.length > 0) throw new RuleFileError(file, problems);
  const { purge } = set;
  return {
    file,
    version: versionOf(text),
    set:
      purge?.tokenFile === undefined
        ? set
        : { ...set, purge: { ...purge, tokenFile: resolve(dirname(file), purge.tokenFile) } },
    warnings: warningsOf(warnings, document, new Remarks(file, lines)),
  };
}

/** Tells contents apart. */
export function versionOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** @throws as the file system does, or Error for what is no file, or too long a one */
export async function textOf(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new Error('it is no file');
    if (stats.size > MAX_BYTES) throw new Error(`it has more than ${MAX_BYTES} bytes`);
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

/** Why a file cannot be read, in one line. */
export function unreadable(file: string, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return `${file} cannot be read: ${code ?? message}`;
}

function warningsOf(
  warnings: readonly Fault[],
  document: Document,
  said: Remarks,
): readonly string[] {
  for (const { pos, message } of document.warnings) said.add(pos[0], message);
  for (const fault of warnings) said.add(offsetOf(document, fault.path), faultText(fault));
  return said.inOrder();
}

/** `*.shop.example` without quotes is YAML for what stands elsewhere: the text is meant. */
function readLooseAliases(document: Document, said: Remarks): void {
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return undefined;
      const text = new Scalar(`*${alias.source}`);
      text.range = alias.range;
      said.add(alias.range?.[0] ?? 0, `${text.value}; allowed: in quotes, for it is text`);
      return text;
    },
  });
}

/** What is to be said of places in a file. */
class Remarks {
  private readonly remarks: { readonly offset: number; readonly text: string }[] = [];

  constructor(
    private readonly file: string,
    private readonly lines: LineCounter,
  ) {}

  add(offset: number, text: string): void {
    this.remarks.push({ offset, text });
  }

  /** As one reads them, a line each. */
  inOrder(): readonly string[] {
    return this.remarks
      .sort((a, b) => a.offset - b.offset)
      .map(({ offset, text }) => {
        const { line, col } = this.lines.linePos(offset);
        return `${this.file}:${line || 1}:${col || 1} ${text}`;
      });
  }
}

/** Where that stands which a path leads to, or would stand. */
function offsetOf(document: Document, path: FaultPath): number {
  let node = document.contents as Node | null | undefined;
  let offset = node?.range?.[0] ?? 0;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap<Node, Node | null>(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === step);
      if (pair === undefined) return offset;
      // What has members of its own begins with its name.
      offset = (isScalar(pair.value) ? pair.value : pair.key).range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq<Node>(node) && typeof step === 'number') {
      node = node.items[step];
      offset = node?.range?.[0] ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}
