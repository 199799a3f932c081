/** A target may have a scheme and a host before its path, and a query behind it. */
const PATH = /^(?:[a-z][a-z\d+.-]*:\/\/[^/?#]*)?([^?#]*)/i;

/** The path of a request's target, as it came. */
export function pathOfTarget(target: string): string {
  return PATH.exec(target)?.[1] ?? '';
}

/** The path as a router that decodes takes it; as it came, where it is not percent-encoded UTF-8. */
export function decodedPath(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
