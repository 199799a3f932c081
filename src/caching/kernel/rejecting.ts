/**
 * What `call` resolves to; what it throws is a rejection. Unlike an `async` function it adds no turn of
 * the queue where all is well.
 */
export function rejecting<T>(call: () => Promise<T>): Promise<T> {
  try {
    return call();
  } catch (error) {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- as it was thrown
    return Promise.reject(error);
  }
}
