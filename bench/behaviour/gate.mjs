/** A promise that the scenario settles when it is time. */
export function gate() {
  let open;
  let fail;
  const passed = new Promise((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  // Whoever waits sees the rejection; that nobody does is no event.
  passed.catch(() => undefined);
  return { passed, open, fail };
}

/** Never settles. */
export function never() {
  return new Promise(() => undefined);
}
