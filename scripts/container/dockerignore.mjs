// Which paths of the working copy a container build gets to see.

/** One pattern as a regular expression over a whole path; `*` and `?` stay within a segment. */
function expressionOf(pattern) {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replace(/\*\*\/|\*\*|\*|\?/g, (wildcard) => {
      if (wildcard === '**/') return '(?:.*/)?';
      if (wildcard === '**') return '.*';
      return wildcard === '*' ? '[^/]*' : '[^/]';
    });
  return new RegExp(`^${source}$`);
}

/**
 * Reads a .dockerignore. The last pattern that matches a path, or a folder that it is in, decides.
 *
 * @returns {(path: string) => boolean} whether the build sees a path relative to the working copy
 */
export function parseDockerignore(text) {
  const patterns = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({
      seen: line.startsWith('!'),
      expression: expressionOf(line.replace(/^!/, '').replace(/^\/|\/$/g, '')),
    }));
  return (path) => {
    const segments = path.split('/');
    const withParents = segments.map((_, index) => segments.slice(0, index + 1).join('/'));
    const decided = patterns.findLast(({ expression }) =>
      withParents.some((candidate) => expression.test(candidate)),
    );
    return decided?.seen ?? true;
  };
}
