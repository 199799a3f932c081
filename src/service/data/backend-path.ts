/**
 * The backend's path of a decoded key: always one segment under `/backend/`. Dots are encoded too
 * where they would be a dot segment (RFC 3986, section 3.3).
 */
export function backendPathOf(key: string): string {
  const segment =
    key === '.' || key === '..' ? key.replaceAll('.', '%2E') : encodeURIComponent(key);
  return `/backend/${segment}`;
}
