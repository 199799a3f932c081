/** What `writeHead` takes: names and values in turn, a value for each line. */
export type FieldLines = (string | string[])[];

/**
 * Fields, names and values in turn, as `writeHead` writes all of them. Where anybody has set or removed a
 * field before, as Express and helmet do, Node 20 takes each further line of a name in place of the one
 * before: so lines of one name are given as one value.
 */
export function fieldLines(fields: string[]): FieldLines {
  return fields.length > MANY || repeatsName(fields) ? together(fields) : fields;
}

/** Up to so many names and values it is cheaper to compare each with each. */
const MANY = 80;

/** Without a copy of any name: this is asked of every answer. */
function repeatsName(fields: readonly string[]): boolean {
  for (let at = 2; at < fields.length; at += 2) {
    const name = fields[at] as string;
    for (let before = 0; before < at; before += 2) {
      if (isSameName(fields[before] as string, name)) return true;
    }
  }
  return false;
}

/** Whether two names are one, in whatever case. */
export function isSameName(one: string, other: string): boolean {
  return one.length === other.length && one.toLowerCase() === other.toLowerCase();
}

function together(fields: readonly string[]): FieldLines {
  const byName = new Map<string, string[]>();
  const all: FieldLines = [];
  for (let at = 0; at < fields.length; at += 2) {
    const [name, value] = [fields[at] as string, fields[at + 1] as string];
    const lower = name.toLowerCase();
    const lines = byName.get(lower);
    if (lines !== undefined) {
      lines.push(value);
      continue;
    }
    const first = [value];
    byName.set(lower, first);
    all.push(name, first);
  }
  return all;
}
