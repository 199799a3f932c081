// What is guarded: the built package. `GUARDED_DIST` names another folder than dist/.
import { pathToFileURL } from 'node:url';

const FOLDER = process.env.GUARDED_DIST
  ? pathToFileURL(`${process.env.GUARDED_DIST}/`)
  : new URL('../../dist/', import.meta.url);

/** Where the package was built, with a slash at the end. */
export const BUILT = FOLDER.href;

/**
 * A module of the built package.
 *
 * @param {string} path within it
 */
export function loadBuilt(path) {
  return import(new URL(path, FOLDER).href);
}
