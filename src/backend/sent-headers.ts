/**
 * What goes with every call. A call is shared by callers who accept different encodings: none is
 * asked for.
 */
export const SENT_HEADERS: Readonly<Record<string, string>> = Object.freeze({
  accept: '*/*',
  'accept-encoding': 'identity',
  'user-agent': 'breakwater',
});
