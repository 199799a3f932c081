// What the programs that are no packages of npm need: the libraries they were unpacked with, and their files.
import { environment } from './environment.mjs';

/** @param {string | undefined} libraries folders, as `findServer` tells them */
export function withLibraries(libraries) {
  return environment(libraries === undefined ? {} : { LD_LIBRARY_PATH: libraries });
}

/**
 * A template with each `@NAME@` replaced.
 *
 * @param {string} template
 * @param {Readonly<Record<string, string | number>>} values
 */
export function filled(template, values) {
  return template.replaceAll(/@([A-Z_]+)@/g, (_, name) => String(values[name]));
}
