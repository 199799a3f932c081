// Preloaded by `--import` into a Node server under measurement: tells the memory of its process over the
// channel to the one who started it. It needs `--expose-gc`. The process ends when that one has gone.

const SAMPLE_MS = 10;

/** @type {NodeJS.Timeout | undefined} */
let sampling;
let base = 0;
let peak = 0;

function held() {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function sample() {
  peak = Math.max(peak, held());
}

const answers = {
  /** What is in the heap, without garbage. */
  heap() {
    globalThis.gc();
    return { heapUsed: process.memoryUsage().heapUsed };
  },
  /** Begins to look for the peak of heap and external memory. */
  watch() {
    globalThis.gc();
    base = peak = held();
    sampling = setInterval(sample, SAMPLE_MS);
    return {};
  },
  /** How far that grew since. */
  peak() {
    clearInterval(sampling);
    sample();
    return { grownBy: peak - base };
  },
};

process.on('message', ({ type }) => {
  // Workers hear from their primary as well.
  if (Object.hasOwn(answers, type)) process.send({ type, ...answers[type]() });
});
process.on('disconnect', () => process.exit());
