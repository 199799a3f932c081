/** The environment of this process; nothing else in the sources reads it. */
export function processEnvironment(): NodeJS.ProcessEnv {
  return process.env;
}
