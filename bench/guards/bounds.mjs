// The guards, each with the most that its figure may be.
//
// Bytes are bounded by 1.4 times what they are at present, so that half as much again fails; multiples of
// CPU time by about twice that, as they also depend on the processor; counts are exact. Where Node's lines
// differ by more than that leaves room for, each has its own bound.

/**
 * @typedef {object} Guard
 * @property {string} file in guards/
 * @property {string} measure what it exports
 * @property {string} what is measured
 * @property {string} unit
 * @property {number | Record<string, number>} atMost by Node's line where they differ
 */

/** What takes longest comes first, as others are measured meanwhile. @type {readonly Guard[]} */
export const GUARDS = [
  ...inFile('memory.mjs', 'MiB', [
    ['growth', 'what a million operations of all kinds leave behind', 2],
  ]),
  ...inFile('growth.mjs', '× the CPU at 1 / 1 000 of the number', [
    ['join', 'joining one of 100 000 flights', 4],
    ['lead', 'a flight while 100 000 others are under way', 4],
    ['hit', 'a hit among 100 000 entries', 4],
    ['eviction', 'a new entry in place of one of 100 000', 4],
    ['failure', 'a failure judged by a window of 100 000 calls', 4],
    ['newKey', 'a circuit for a new key in place of one of 100 000', 8],
  ]),
  ...inFile('ratios.mjs', '× the CPU of the same by hand', [
    ['peek', 'a hit of peek, of a Map with expiry', 5],
    ['join', 'joining a flight and hearing of its end, of a Map of promises', 3.6],
    ['success', 'a success through a circuit, of a counter', 3.6],
    ['freeze', 'freezing a million numbers, of their JSON round trip', 2],
    ['clone', 'copying a million numbers, of their JSON round trip', 2],
  ]),
  ...inFile('http-allocations.mjs', 'bytes more than raw node:http', [
    ['fastPath', 'a hit over HTTP by the fast path', { 20: 3_000, 24: 3_450 }],
    ['fastPathOnFastify', 'the same on Fastify', { 20: 3_950, 24: 4_300 }],
    ['gateway', 'a hit of the gateway over HTTP', { 20: 3_550, 24: 4_000 }],
    ['passing', 'a call of the gateway that is passed on, beyond that of undici', 52_000],
    ['keeping', 'a call of the gateway whose answer is kept, beyond that of undici', 49_000],
    ['controller', 'a hit over HTTP by the controller', { 20: 14_900, 24: 16_000 }],
  ]),
  ...inFile('http-allocations.mjs', 'bytes', [
    ['kept', 'held by an answer of 230 bytes that the gateway keeps', 3_400],
  ]),
  ...inFile('allocations.mjs', 'bytes', [
    ['peek', 'a hit of peek', 245],
    ['get', 'a hit of get, with its promise', 146],
    ['getJoining', 'a look-up that joins a flight, with its promise', { 20: 270, 24: 175 }],
    ['getLeading', 'a miss, kept in place of another', { 20: 8_350, 24: 6_850 }],
    ['join', 'joining a flight', 16],
    ['joinWithin', 'joining a flight with a deadline', { 20: 1_500, 24: 1_200 }],
    ['lead', 'a flight of one caller', { 20: 5_150, 24: 3_400 }],
    ['overflow', 'a coalescer beyond maxCoalescers', 100],
    ['success', 'a success through a circuit', 1_065],
    ['failure', 'a failure through a circuit', 1_115],
    ['refusal', "a circuit's decision to refuse", { 20: 134, 24: 112 }],
  ]),
  ...inFile('survivors.mjs', 'bytes', [
    // Closer than others: it hardly varies, and what a flight forgets to let go of is small.
    ['flight', 'left by a flight to the slow garbage collection', { 20: 1_300, 24: 410 }],
    ['request', 'left to it by watching a request', 100],
  ]),
  ...inFile('pieces.mjs', '× its bytes', [
    ['body', 'held by a body that arrives in small pieces of large buffers', 2],
  ]),
  ...inFile('timers.mjs', 'timers', [
    ['idleService', 'held by an idle service whose cache is full', 0],
    ['hits', 'made in a millisecond of hits in memory', 1.1],
    ['joins', 'made by 10 000 joiners of a flight', 1],
    ['flights', 'made by 10 000 flights', 1],
    ['circuits', 'made by 10 000 circuits, closed, open and half-open', 0],
  ]),
  ...inFile('timers.mjs', 'bytes', [
    ['circuitBytes', 'heap of a circuit, closed, open or half-open', 1_024],
  ]),
  // Room for a few more; whoever needs many more has opened a door to something that was not behind it.
  ...inFile('doors.mjs', 'modules of ours', [
    ['admin', 'loaded by breakwater/admin', 260],
    ['coalescing', 'loaded by breakwater/coalescing', 90],
    ['circuitBreaker', 'loaded by breakwater/circuit-breaker', 70],
    ['caching', 'loaded by breakwater/caching', 180],
    ['cluster', 'loaded by breakwater/cluster', 350],
    ['backend', 'loaded by breakwater/backend', 60],
    ['routes', 'loaded by breakwater/routes', 350],
    ['testing', 'loaded by breakwater/testing', 10],
    ['everything', 'loaded by breakwater', 450],
  ]),
  ...inFile('doors.mjs', 'packages', [
    ['packages', 'that coalescing and circuit breaking load beside NestJS', 0],
  ]),
  ...inFile('doors.mjs', 'KiB', [['start', 'of source read by the service at its start', 2_900]]),
  ...inFile('doors.mjs', '× the CPU of importing NestJS', [
    ['time', 'importing NestJS and breakwater/circuit-breaker', 1.4],
  ]),
  ...inFile('promises.mjs', 'promises', [
    ['peek', 'made by a hit of peek', 0],
    ['get', 'made by a hit of get', 1],
    ['getJoining', 'made by a look-up that joins a flight', 1],
    ['getLeading', 'made by a look-up that leads one, its loader started', 4],
    ['join', 'made by joining a flight', 0],
    ['lead', 'made by starting a flight', 2],
    ['execute', 'made by a call through a circuit', 1],
    ['refusal', "made by a circuit's decision to refuse", 0],
  ]),
  ...inFile('promises.mjs', 'marks on a promise', [
    ['trackedAfterFlights', 'left by tracking when flights have ended', 0],
  ]),
];

/**
 * @param {string} file
 * @param {string} unit
 * @param {readonly [measure: string, what: string, atMost: Guard['atMost']][]} rows
 * @returns {Guard[]}
 */
function inFile(file, unit, rows) {
  return rows.map(([measure, what, atMost]) => ({ file, measure, what, unit, atMost }));
}

/**
 * The bound on this Node: of its line, or of the nearest older one.
 *
 * @param {Guard} guard
 */
export function boundOf({ atMost }) {
  if (typeof atMost === 'number') return atMost;
  const line = Number(process.versions.node.split('.', 1)[0]);
  const known = Object.keys(atMost).map(Number);
  return atMost[Math.max(...known.filter((each) => each <= line))];
}
