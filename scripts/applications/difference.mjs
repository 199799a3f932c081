// What differs between an answer of an application and the same one through the gateway.

/** Fields of one hop, and those of when it was said. */
const OF_THE_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'date']);
/** Those that the gateway adds, and those that it makes anew. */
const OWN_TO_EACH = new Set([
  ...OF_THE_HOP,
  ...['age', 'cache-status', 'x-circuit-state', 'x-request-id'],
  // sirv says it of parts alone; whether a whole answer has it, the gateway leaves to the application.
  'accept-ranges',
]);
/**
 * Of a 304, what it has to tell (RFC 9110, section 15.4.5); all else may be left out of it. `Vary` as well, but
 * that Express leaves out of it what compression has added to that of the 200, and the gateway does not.
 */
const OF_NOT_MODIFIED = new Set(['cache-control', 'content-location', 'etag', 'expires']);

/** Lines of a head that are to be the same, sorted: the order of different fields has no meaning. */
function toldBy({ status, fields }) {
  const lines = [];
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at].toLowerCase();
    if (OWN_TO_EACH.has(name) || (status === 304 && !OF_NOT_MODIFIED.has(name))) continue;
    if (status === 416 && name !== 'content-range') continue;
    if (name !== 'content-length') lines.push(`${name}: ${fields[at + 1]}`);
  }
  return lines.sort();
}

function lengthOf({ fields }) {
  const at = fields.findIndex((it, i) => i % 2 === 0 && /^content-length$/i.test(it));
  return at === -1 ? undefined : fields[at + 1];
}

/** What differs, if anything does, where the gateway may have answered in the place of the application. */
export function difference(own, told) {
  if (own.status !== told.status) return `status ${told.status} in place of ${own.status}`;
  const of = toldBy(own);
  // A 304 of the gateway may tell more than the application's, never other things.
  const by = told.status === 304 ? toldBy(told).filter((line) => of.includes(line)) : toldBy(told);
  if (of.join() !== by.join()) return `its fields\n${by.join('\n')}\nin place of\n${of.join('\n')}`;
  const [length, other] = [lengthOf(own), lengthOf(told)];
  const isFramed = length !== undefined && other !== undefined && own.status !== 304;
  if (isFramed && length !== other) return `a length of ${other} in place of ${length}`;
  return differenceOfBodies(own, told);
}

/** What differs where the gateway has only passed it on: then every line is as it was written. */
export function differencePassed(own, told) {
  if (own.status !== told.status) return `status ${told.status} in place of ${own.status}`;
  const [of, by] = [linesOf(own), linesOf(told)];
  if (of.join() !== by.join()) return `its fields\n${by.join('\n')}\nin place of\n${of.join('\n')}`;
  return differenceOfBodies(own, told);
}

/** A head line by line, as it came, without what is of the hop. */
function linesOf({ status, fields }) {
  const lines = [];
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at].toLowerCase();
    // A length of what never has content must not be said (RFC 9110, section 8.6), as Express does.
    const isMisplaced = status === 204 && name === 'content-length';
    if (!OF_THE_HOP.has(name) && !isMisplaced) lines.push(`${fields[at]}: ${fields[at + 1]}`);
  }
  return lines;
}

function differenceOfBodies(own, told) {
  return own.digest === told.digest
    ? undefined
    : `a body of ${told.length} bytes in place of one of ${own.length}`;
}
