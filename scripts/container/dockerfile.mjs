// Reads a Dockerfile into stages. It knows the instructions that ours uses and refuses every other, so
// that a rehearsal never passes over something it did not understand.

/** @typedef {{ keyword: string, line: number, [detail: string]: unknown }} Instruction */
/** @typedef {{ base: string, name: string, instructions: Instruction[] }} Stage */

/** Lines joined over their continuations, without comments. */
function logicalLines(text) {
  const lines = [];
  let open;
  for (const [index, raw] of text.split('\n').entries()) {
    if (/^\s*(#|$)/.test(raw)) continue;
    const continued = /\\\s*$/.test(raw);
    const part = raw.replace(/\\\s*$/, '').trim();
    open = open ? { ...open, text: `${open.text} ${part}` } : { line: index + 1, text: part };
    if (continued) continue;
    lines.push(open);
    open = undefined;
  }
  if (open) throw new Error(`Dockerfile line ${open.line}: the last line is continued`);
  return lines;
}

/** `--name=value` flags in front of the rest. */
function flagsOf(text) {
  const flags = {};
  let rest = text;
  for (
    let match;
    (match = /^--([a-z-]+)=(\S+)\s+/.exec(rest));
    rest = rest.slice(match[0].length)
  ) {
    flags[match[1]] = match[2];
  }
  return { flags, rest };
}

/** `NAME=value` pairs, values quoted or without spaces. */
function pairsOf(text) {
  const pairs = {};
  const left = text.replace(/([\w.-]+)=(?:"([^"]*)"|(\S+))\s*/g, (_, name, quoted, plain) => {
    pairs[name] = quoted ?? plain;
    return '';
  });
  if (left !== '') throw new Error(`not a list of NAME=value: ${left}`);
  return pairs;
}

/** A command in exec form: there need not be a shell in the image. */
function execForm(text) {
  const command = text.startsWith('[') ? JSON.parse(text) : undefined;
  if (!command) throw new Error(`not in exec form: ${text}`);
  return { command };
}

function onlyFlags(flags, known) {
  const unknown = Object.keys(flags).filter((flag) => !known.includes(flag));
  if (unknown.length > 0) throw new Error(`unknown flag --${unknown.join(', --')}`);
}

const READERS = {
  LABEL: (text) => ({ labels: pairsOf(text) }),
  ENV: (text) => ({ variables: pairsOf(text) }),
  WORKDIR: (text) => ({ path: text }),
  RUN: (text) => {
    // Paths of the image are not paths of this machine.
    if (/^\[|^--|(^|[\s=])\//.test(text)) throw new Error(`cannot be rehearsed: ${text}`);
    return { shell: text };
  },
  COPY: (text) => {
    const { flags, rest } = flagsOf(text);
    onlyFlags(flags, ['from']);
    const paths = rest.split(/\s+/);
    const target = paths.pop();
    if (paths.length === 0) throw new Error('no source');
    return { from: flags.from, sources: paths, target };
  },
  USER: (text) => {
    const [, uid, gid] = /^(\d+):(\d+)$/.exec(text) ?? [];
    if (!uid || uid === '0' || gid === '0')
      throw new Error(`not a numeric, ordinary user: ${text}`);
    return { uid: Number(uid), gid: Number(gid) };
  },
  EXPOSE: (text) => ({ port: Number(text) }),
  STOPSIGNAL: (text) => ({ signal: text }),
  HEALTHCHECK: (text) => {
    const { flags, rest } = flagsOf(text);
    onlyFlags(flags, ['interval', 'timeout', 'start-period', 'retries']);
    return { ...execForm(rest.replace(/^CMD\s+/, '')), ...flags };
  },
  VOLUME: (text) => ({ paths: JSON.parse(text) }),
  CMD: execForm,
};

/** @returns {Stage[]} */
export function parseDockerfile(text) {
  const stages = [];
  for (const { line, text: source } of logicalLines(text)) {
    const [, keyword, rest] = /^([A-Za-z]+)\s+(.*)$/.exec(source) ?? [];
    try {
      if (keyword === 'FROM') {
        const [, base, name] = /^(\S+) AS (\S+)$/.exec(rest) ?? [];
        if (!base) throw new Error('expected FROM <image> AS <name>');
        stages.push({ base, name, instructions: [] });
      } else if (!Object.hasOwn(READERS, keyword ?? '')) {
        throw new Error(`unknown instruction ${keyword ?? source}`);
      } else if (stages.length === 0) {
        throw new Error(`${keyword} before FROM`);
      } else {
        stages.at(-1).instructions.push({ keyword, line, ...READERS[keyword](rest) });
      }
    } catch (error) {
      throw new Error(`Dockerfile line ${line}: ${error.message}`, { cause: error });
    }
  }
  return stages;
}

/** `10s`, `1m` in milliseconds. */
export function milliseconds(duration) {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(duration) ?? [];
  if (!amount) throw new Error(`not a duration: ${duration}`);
  return Number(amount) * { ms: 1, s: 1_000, m: 60_000 }[unit];
}
