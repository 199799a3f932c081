const BACKEND_URL = /^https?:\/\/(\[[^\]]*\]|[^/?#:@[\]\\\s]+)(?::(\d{1,5}))?(\/[^?#]*)?$/i;

/**
 * Whether `text` is an `http:` or `https:` URL without user, query or fragment, as it stands. `URL` mends
 * what is none: it would lead somewhere else.
 */
export function isBackendUrl(text: string): boolean {
  const [, host, port, path = '/'] = BACKEND_URL.exec(text) ?? [];
  if (host === undefined || !URL.canParse(text)) return false;
  const url = new URL(text);
  const defaultPort = url.protocol === 'http:' ? 80 : 443;
  return (
    // Of an address in brackets there is more than one way to write it, and `URL` refuses what is none.
    (host.startsWith('[') || url.hostname === host.toLowerCase()) &&
    (port === undefined ||
      (Number(port) > 0 && Number(port) === Number(url.port || defaultPort))) &&
    url.pathname === path
  );
}
