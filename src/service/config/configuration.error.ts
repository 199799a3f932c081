/** The environment is not usable. The message lists every offending variable, a line each. */
export class ConfigurationError extends Error {
  readonly code = 'BREAKWATER_CONFIGURATION';

  constructor(readonly problems: readonly string[]) {
    super(`The configuration is not usable:\n${problems.map((line) => `  ${line}`).join('\n')}`);
    this.name = 'ConfigurationError';
  }
}
