/** `1 call`, `2 calls`. */
export function some(number, noun, plural = `${noun}s`) {
  return `${number.toLocaleString('en')} ${number === 1 ? noun : plural}`;
}

/** Milliseconds rounded so that two runs say the same where they mean the same. */
export function about(ms) {
  if (ms < 40) return 'at once';
  return `after ${(Math.round(ms / 50) * 50).toLocaleString('en')} ms`;
}

/** What an outcome was, in words. */
export function told(outcome) {
  switch (outcome.kind) {
    case 'value':
      return `${shown(outcome.value)} ${about(outcome.ms)}`;
    case 'error':
      return `${named(outcome.error)} ${about(outcome.ms)}`;
    default:
      return `still waiting ${about(outcome.ms)}`;
  }
}

/** A value as code. */
export function shown(value) {
  return `\`${value === undefined ? 'undefined' : JSON.stringify(value)}\``;
}

/** The name of an error, or the value that was thrown in place of one. */
export function named(error) {
  if (!(error instanceof Error)) return `error ${shown(error)}`;
  if (error.code && typeof error.code === 'string') return error.code;
  const { name } = error.constructor;
  // Names that a minifier has made tell as little as those of the language.
  return name in globalThis || name.length < 3 ? `error "${error.message}"` : name;
}
