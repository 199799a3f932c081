/**
 * What the contract needs of a test runner: `describe` and `it` of Jest, Vitest, Mocha or `node:test`.
 * It checks with `node:assert`, so that it needs nothing else.
 */
export interface TestApi {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, body: () => Promise<void>) => unknown;
}
