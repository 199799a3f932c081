/**
 * What a call failed with that the application stopped waiting for while its caller was still there:
 * an interceptor with a deadline unsubscribes, and keeps its error to itself.
 */
export const GIVEN_UP = Object.freeze({
  name: 'TimeoutError',
  message: 'the application stopped waiting for the call',
});
