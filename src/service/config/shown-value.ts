const MAX_LENGTH = 100;

/** Scheme, slashes, host and port, as far as a text begins like a URL, however malformed. */
const BEGINNING = /^\s*(?:(?:https?|rediss?(?:\+sentinel)?):)?[/\\]{0,2}[\w.,[\]-]*(?::\d+)*/i;

/** The scheme of a URL, with what stands before its authority. */
const SCHEME = /^\s*[a-z][a-z\d+.-]*:\/\//i;

/** Variables that hold a URL, by their names. */
const URLS = /_(?:URL|BASE|ORIGIN)$/;

const HOST = /^[\w.,:[\]-]*$/;

/** Variables that hold a secret, by their names. That of a file which holds one is none. */
const SECRETS = /(?:^|_)(?:TOKEN|PASSWORD|SECRET)$/;

const MASK = '***';

/**
 * A setting for those who run the service: whole, but for a secret and for what may be one in a URL, its
 * user and password.
 */
export function shownSetting(name: string, value: string | number): string {
  if (SECRETS.test(name)) return MASK;
  // Up to the last `@`: what looks like a path may be the rest of a password.
  return String(value).replace(/^([a-z][a-z\d+.-]*:\/\/).*@/is, `$1${MASK}@`);
}

/**
 * What the variable `name` was, for a message: nothing of a secret, and of anything else what
 * {@link shownValue} shows.
 */
export function shownVariable(name: string, value: string | undefined): string {
  if (value !== undefined && SECRETS.test(name)) return `of ${value.length} characters`;
  return shownValue(value, URLS.test(name));
}

/**
 * What a variable was, for a message. Of a URL scheme and host alone are shown: user, password, path and
 * query may be secrets, and where they cannot be told apart, the host is not shown either.
 *
 * @param isUrl the variable is for a URL, whatever it holds
 */
export function shownValue(value: string | undefined, isUrl: boolean): string {
  if (value === undefined) return 'unset';
  const shown = isUrl || value.includes('://') || value.includes('@') ? urlBeginning(value) : value;
  return JSON.stringify(shown.length > MAX_LENGTH ? `${shown.slice(0, MAX_LENGTH)}…` : shown);
}

function urlBeginning(text: string): string {
  if (!/[/?#:@\\]/.test(text)) return text;
  const scheme = SCHEME.exec(text)?.[0];
  if (scheme === undefined) return text.includes('@') ? '…' : upTo(BEGINNING.exec(text)?.[0], text);
  const rest = text.slice(scheme.length);
  const authority = /^[^/?#\\\s]*/.exec(rest)?.[0] ?? '';
  // What looks like a path may be the rest of a password.
  if (rest.slice(authority.length).includes('@')) return `${scheme}…`;
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  const user = host === authority ? '' : '***@';
  if (!HOST.test(host)) return `${scheme}${user}…`;
  return `${scheme}${user}${upTo(host, rest.slice(authority.length - host.length))}`;
}

/** `beginning`, and a sign of what comes after it in `text`. */
function upTo(beginning = '', text: string): string {
  return beginning.length < text.length ? `${beginning}…` : beginning;
}
