import fc from 'fast-check';

/** Any character of Unicode. */
const character = fc
  .integer({ min: 0, max: 0x10_ffff - 0x800 })
  .map((at) => String.fromCodePoint(at < 0xd800 ? at : at + 0x800));

/**
 * Text of any characters. Not fast-check's `unit: 'binary'`, which first makes a table of all of them: that
 * takes 1.6 s and 100 MB in each file.
 */
export function anyText(constraints: { readonly maxLength?: number } = {}): fc.Arbitrary<string> {
  return fc.string({ ...constraints, unit: character });
}

/** As long as what a stranger may send in one head. */
const LENGTH = 65_536;

/** Hundreds of times what a linear reader takes; one that looks back at each step takes seconds. */
const ALLOWED_CPU_MS = 400;

const ATTEMPTS = 3;

/**
 * Reads long texts made of `pieces`, and fails where one takes more than a reader takes that looks at
 * each character a few times. A text is a beginning, a short part over and over, and an end: what makes
 * a reader try again and again.
 */
export function expectLinear(pieces: readonly string[], read: (text: string) => unknown): void {
  const part = fc
    .array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 3 })
    .map((some) => some.join(''));
  fc.assert(
    fc.property(part, part, part, (begin, again, end) => {
      const text = begin + again.repeat(LENGTH / Math.max(1, again.length)) + end;
      // The first run may be compiling.
      let leastMs = Infinity;
      for (let i = 0; i < ATTEMPTS && leastMs > ALLOWED_CPU_MS; i++) {
        leastMs = Math.min(
          leastMs,
          cpuMs(() => read(text)),
        );
      }
      return leastMs <= ALLOWED_CPU_MS;
    }),
    { numRuns: 40, endOnFailure: true },
  );
}

/** What `work` takes of a processor, however busy the machine is with something else. */
function cpuMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
