import { normalTarget } from '../../http-cache/index.js';
import { covers } from './path-pattern.js';
import type { PathPattern } from './path-pattern.js';

/** What requests a rule is for. */
export interface RuleMatch {
  readonly path: PathPattern;
  /** In capitals; any when `undefined`. */
  readonly methods: ReadonlySet<string> | undefined;
  /** Names in lower case, `*.` before a domain; any when empty. */
  readonly hosts: readonly string[];
}

/** What a table finds: a rule, as far as that matters here. */
interface Matched {
  readonly match: RuleMatch;
}

/** A rule in its place. */
interface Entry<Rule> {
  readonly at: number;
  readonly rule: Rule;
  readonly methods: ReadonlySet<string> | undefined;
}

/** What has been read of a path, and the rules that go on from there. */
class Node<Rule> {
  /** Place of the first rule here or below: whoever has found an earlier one need not look. */
  least = Infinity;
  /** Rules whose pattern ends here. */
  readonly exact: Entry<Rule>[] = [];
  /** Rules whose pattern ends here with `**`. */
  readonly open: Entry<Rule>[] = [];
  readonly literals = new Map<string, Node<Rule>>();
  any: Node<Rule> | undefined;
}

/**
 * Rules in their order, of which the first that is for a request wins. They are looked for segment by
 * segment, so that it does not matter how many there are, but only how many could be meant.
 */
export class RuleTable<Rule extends Matched> {
  private readonly anyHost = new Node<Rule>();
  private readonly hosts = new Map<string, Node<Rule>>();
  /** By what a host ends with, dot included. */
  private readonly domains = new Map<string, Node<Rule>>();
  /** Whether a pattern has an escape, and so may be meant by a path that has none where it should. */
  private readonly hasEscapes: boolean;

  constructor(
    /** In the order in which they win. */
    readonly rules: readonly Rule[],
  ) {
    this.hasEscapes = rules.some(({ match }) =>
      match.path.segments.some((it) => it?.includes('%')),
    );
    for (const [at, rule] of rules.entries()) {
      const { path, methods, hosts } = rule.match;
      const entry = { at, rule, methods };
      if (hosts.length === 0) insert(this.anyHost, path, entry);
      for (const host of hosts) insert(this.rootOf(host), path, entry);
    }
  }

  /**
   * The first rule that is for such a request.
   *
   * @param host that the client asks for: lower case, default port left out
   * @param path in normal form; one that does not start with a slash, as of `OPTIONS *`, has no segments
   */
  find(method: string, host: string, path: string): Rule | undefined {
    const isStrange = path.includes('%') || (this.hasEscapes && STRANGE.test(path));
    const read = isStrange ? canonical(path) : path;
    let found = search(this.anyHost, method, read, startOf(read), undefined);
    if (this.hosts.size === 0 && this.domains.size === 0) return found?.rule;
    found = this.findByHost(host, method, read, found);
    const portAt = host.endsWith(']') ? -1 : host.lastIndexOf(':');
    if (portAt > 0) found = this.findByHost(host.slice(0, portAt), method, read, found);
    return found?.rule;
  }

  private findByHost(
    host: string,
    method: string,
    path: string,
    best: Entry<Rule> | undefined,
  ): Entry<Rule> | undefined {
    const from = startOf(path);
    const own = this.hosts.get(host);
    let found = own === undefined ? best : search(own, method, path, from, best);
    if (this.domains.size === 0) return found;
    for (let dot = host.indexOf('.', 1); dot !== -1; dot = host.indexOf('.', dot + 1)) {
      const root = this.domains.get(host.slice(dot));
      if (root !== undefined) found = search(root, method, path, from, found);
    }
    return found;
  }

  private rootOf(host: string): Node<Rule> {
    return host.startsWith('*') ? childOf(this.domains, host.slice(1)) : childOf(this.hosts, host);
  }
}

const SLASH = 0x2f;

/** What is written in another way than a pattern has it: an escape, or what has none and needs one. */
const STRANGE = /[^\w.~!$&'()*+,;=:@/-]/;

/** A path with each segment as a pattern has it, so that no rule is dodged by another way to write it. */
function canonical(path: string): string {
  const target = normalTarget(path);
  return typeof target === 'string' ? path : `/${target.segments.join('/')}`;
}

/** Where the first segment begins: that of `*`, which is no path, nowhere. */
function startOf(path: string): number {
  return path.charCodeAt(0) === SLASH ? 0 : path.length;
}

function childOf<Rule>(children: Map<string, Node<Rule>>, name: string): Node<Rule> {
  let child = children.get(name);
  if (child === undefined) children.set(name, (child = new Node()));
  return child;
}

function insert<Rule>(root: Node<Rule>, path: PathPattern, entry: Entry<Rule>): void {
  let node = root;
  node.least = Math.min(node.least, entry.at);
  for (const segment of path.segments) {
    node = segment === undefined ? (node.any ??= new Node()) : childOf(node.literals, segment);
    node.least = Math.min(node.least, entry.at);
  }
  (path.open ? node.open : node.exact).push(entry);
}

/**
 * The earlier of `best` and the first rule at `node` or below it.
 *
 * @param from where the slash before the next segment stands, or the end of `path`
 */
function search<Rule>(
  node: Node<Rule>,
  method: string,
  path: string,
  from: number,
  best: Entry<Rule> | undefined,
): Entry<Rule> | undefined {
  if (best !== undefined && node.least >= best.at) return best;
  let found = node.open.length === 0 ? best : firstOf(node.open, method, best);
  if (from === path.length) {
    return node.exact.length === 0 ? found : firstOf(node.exact, method, found);
  }
  if (node.any === undefined && node.literals.size === 0) return found;
  // Many a backend takes slashes in a row for one: nobody gets past a rule by a second one.
  let start = from + 1;
  while (path.charCodeAt(start) === SLASH) start++;
  const slash = path.indexOf('/', start);
  const end = slash === -1 ? path.length : slash;
  const literal = node.literals.get(path.slice(start, end));
  if (literal !== undefined) found = search(literal, method, path, end, found);
  if (node.any !== undefined && end > start) found = search(node.any, method, path, end, found);
  return found;
}

function firstOf<Rule>(
  entries: readonly Entry<Rule>[],
  method: string,
  best: Entry<Rule> | undefined,
): Entry<Rule> | undefined {
  for (const entry of entries) {
    if (best !== undefined && entry.at >= best.at) break;
    if (entry.methods === undefined || entry.methods.has(method)) return entry;
  }
  return best;
}

/** Whether `first` is for every request that `second` is for, so that nothing is left to that. */
export function shadows(first: RuleMatch, second: RuleMatch): boolean {
  return (
    covers(first.path, second.path) &&
    coversMethods(first.methods, second.methods) &&
    coversHosts(first.hosts, second.hosts)
  );
}

function coversMethods(wide: RuleMatch['methods'], narrow: RuleMatch['methods']): boolean {
  if (wide === undefined) return true;
  return narrow !== undefined && [...narrow].every((method) => wide.has(method));
}

function coversHosts(wide: readonly string[], narrow: readonly string[]): boolean {
  if (wide.length === 0) return true;
  return narrow.length > 0 && narrow.every((host) => wide.some((it) => coversHost(it, host)));
}

function coversHost(wide: string, narrow: string): boolean {
  const names = [narrow, narrow.replace(/:\d+$/, '')];
  return wide.startsWith('*')
    ? names.some((name) => name.endsWith(wide.slice(1)))
    : names.includes(wide);
}
