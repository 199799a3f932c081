import { CALL, HIT, ago, by, cc, once, row } from './row.js';
import type { Row } from './row.js';

const LATER = ago(-3_600);
const TAG = { ETag: '"1"' };

/** What an answer says of being kept, what of it is kept, and for whom (tables C, S, K). */
export const STORING: readonly Row[] = [
  row('C1', '9213 2.2', 'a targeted field replaces Cache-Control', {
    given: cc('no-store', { 'CDN-Cache-Control': 'max-age=60' }),
    then: { ...HIT, has: { 'cache-control': 'no-store', 'cdn-cache-control': 'max-age=60' } },
  }),
  row('C1', '9213 2.2', 'a targeted field replaces Expires, and says nothing itself', {
    given: { headers: { Expires: LATER, 'CDN-Cache-Control': 'ext=1' } },
    then: CALL,
  }),
  row('C1', '9213 2.1', 'a targeted field that is no dictionary is absent', {
    given: cc('no-store', { 'CDN-Cache-Control': 'max-age=60,' }),
    then: CALL,
  }),
  row('C1', '9213 2.1', 'a targeted lifetime that is no integer is absent with its field', {
    given: cc('no-store', { 'CDN-Cache-Control': 'max-age="60"' }),
    then: CALL,
  }),
  row('C1', '9213 2.2', 'a field that targets others says nothing', {
    given: cc('max-age=60', { 'Other-Cache-Control': 'no-store' }),
  }),
  row('C2', '9111 5.2', 'names of directives have no case', { given: cc('MAX-AGE=60') }),
  row('C2', '9111 5.2', 'a value may be a quoted text', { given: cc('max-age="60"') }),
  row('C2', '9111 5.2', 'what is quoted is no directive', {
    given: cc('a="no-store, private", max-age=60'),
  }),
  row('C2', '9111 4.2.1', 'a lifetime that is no number is none', {
    given: cc("max-age='60'"),
    then: CALL,
  }),
  row('C2', '9111 4.2.1', 'a directive twice is one, where both are the same', {
    given: cc('max-age=60, max-age=60'),
  }),
  row('C2', '9111 4.2.1', 'a directive twice is none, where they are not the same', {
    given: cc('max-age=60, max-age=90'),
    then: CALL,
  }),
  row('C3', '9111 4.2.1', 'of directives that contradict the stricter one holds', {
    given: cc('public, private, max-age=60'),
    then: CALL,
  }),
  row('C3', '9111 4.2.1', 'directives in two lines are in one', {
    given: { headers: { 'Cache-Control': ['max-age=60', 'public'] } },
  }),
  ...[299, 404, 499, 599, 999].map((status) =>
    row('S1', '9111 3', `a final status is kept where it says for how long: ${status}`, {
      given: { ...cc('max-age=60'), status },
      then: { ...HIT, status },
    }),
  ),
  once('S1', '9111 4.3.4', 'a 304 that nobody asked for is no answer', {
    says: { status: 304, headers: TAG },
    then: { calls: 1, status: 502 },
  }),
  row('S2', '9110 9.3.3', 'a POST that says what it represents, and for how long, answers GET', {
    asked: { method: 'POST', body: 'x' },
    given: cc('max-age=60', { 'Content-Location': '@' }),
  }),
  row('S2', '9110 9.3.3', 'a POST that does not say what it represents does not', {
    asked: { method: 'POST', body: 'x' },
    given: cc('max-age=60'),
    then: CALL,
  }),
  row('S2', '9110 9.3.3', 'a POST never answers a POST', {
    asked: { method: 'POST', body: 'x' },
    given: cc('max-age=60', { 'Content-Location': '@' }),
    when: { method: 'POST', body: 'x' },
    then: CALL,
  }),
  row('S3', '9111 5.2.2.5', 'no-store is not kept', {
    given: cc('no-store, max-age=60'),
    then: CALL,
  }),
  row('S3', '9111 5.2.2.3', 'must-understand of a status that is understood replaces no-store', {
    given: cc('must-understand, no-store, max-age=60'),
  }),
  row('S3', '9111 5.2.2.3', 'must-understand of one that is not is not kept', {
    given: { ...cc('must-understand, max-age=60'), status: 599 },
    then: { ...CALL, status: 200 },
  }),
  row('S4', '9111 5.2.2.7', 'private is not kept', {
    given: cc('private, max-age=60'),
    then: CALL,
  }),
  row('S4', '9111 5.2.2.7', 'of private="…" the fields alone are not kept', {
    given: cc('private="X-A", max-age=60', { 'X-A': 'a', 'X-B': 'b' }),
    first: { has: { 'x-a': 'a' } },
    then: { ...HIT, has: { 'x-a': undefined, 'x-b': 'b' } },
  }),
  ...['*', 'X-A, *', ', *'].map((vary) =>
    row('S5', '9111 4.1', `an answer that depends on everything is not kept: ${vary}`, {
      given: cc('max-age=60', { Vary: vary }),
      then: CALL,
    }),
  ),
  row('S6', '9111 3.5', 'an answer to Authorization is not kept for others', {
    asked: by({ Authorization: 'Basic a' }),
    given: cc('max-age=60'),
    then: CALL,
  }),
  ...['public, max-age=60', 's-maxage=60', 'must-revalidate, max-age=60'].map((said) =>
    row('S6', '9111 3.5', `an answer to Authorization is kept that says ${said}`, {
      asked: by({ Authorization: 'Basic a' }),
      given: cc(said),
    }),
  ),
  row('S7', 'own', 'an answer to a Cookie is not kept for others', {
    trust: 'guarded',
    asked: by({ Cookie: 'a=b' }),
    given: cc('max-age=60'),
    then: CALL,
  }),
  row('S7', '9111 3', 'an answer to a Cookie is kept', {
    trust: 'rfc',
    asked: by({ Cookie: 'a=b' }),
    given: cc('max-age=60'),
  }),
  row('S7', 'own', 'an answer to a Cookie is kept that says it is for everybody', {
    asked: by({ Cookie: 'a=b' }),
    given: cc('public, max-age=60'),
  }),
  row('S7', 'own', 'an answer that depends on the Cookie is kept for the same one', {
    asked: by({ Cookie: 'a=b' }),
    given: cc('max-age=60', { Vary: 'Cookie' }),
    when: by({ Cookie: 'a=b' }),
    more: [{ when: by({ Cookie: 'a=c' }), then: CALL }],
  }),
  row('S8', 'own', 'an answer that sets a cookie is not kept', {
    trust: 'guarded',
    given: cc('max-age=60', { 'Set-Cookie': 'a=b' }),
    first: { has: { 'set-cookie': 'a=b' } },
    then: { ...CALL, has: { 'set-cookie': undefined } },
  }),
  row('S8', '9111 7.3', 'an answer that sets a cookie is kept with it', {
    trust: 'rfc',
    given: cc('max-age=60', { 'Set-Cookie': 'a=b' }),
    then: { ...HIT, has: { 'set-cookie': 'a=b' } },
  }),
  row('S8', 'own', 'an answer that sets a cookie is kept without it where it says so', {
    trust: 'guarded',
    given: cc('no-cache="set-cookie", max-age=60', { 'Set-Cookie': 'a=b' }),
    first: { has: { 'set-cookie': 'a=b' } },
    then: { ...HIT, has: { 'set-cookie': undefined } },
  }),
  row('S9', '9111 3.3', 'a part that nobody asked for is not kept', {
    given: { ...cc('max-age=60', { 'Content-Range': 'bytes 0-0/9' }), status: 206, body: '1' },
    then: CALL,
  }),
  row('S9', '9111 3.3', 'several parts in one are not kept', {
    given: cc('max-age=60', { 'Content-Type': 'multipart/byteranges; boundary=a' }),
    then: CALL,
  }),
  row('S10', '9111 3', 'an answer that says nothing is not kept', { then: CALL }),
  row('S10', '9111 3', 'an answer with a validator is kept to be confirmed', {
    given: { headers: TAG },
    says: { status: 304, headers: TAG },
    then: { calls: 1, status: 200, text: '1', sent: { 'if-none-match': '"1"' } },
  }),
  row('S11', '9111 3.3', 'a body that breaks off is not kept', {
    given: { ...cc('max-age=60'), breaks: 'within' },
    then: CALL,
  }),
  row('S11', '9112 8', 'a body that ends with its connection is whole where that ends well', {
    given: { ...cc('max-age=60'), closes: true },
  }),
  row('S12', '9111 3.1', 'what a connection nominates is neither kept nor handed on', {
    given: cc('max-age=60', { Connection: 'X-A', 'X-A': 'a', 'X-B': 'b' }),
    first: { has: { 'x-a': undefined, 'x-b': 'b' } },
    then: { ...HIT, has: { 'x-a': undefined, 'x-b': 'b' } },
  }),
  row('K1', '3986 6.2.2', 'an escape that need not be is none', {
    asked: { at: '/%7ea?%61=%2f' },
    given: cc('max-age=60'),
    when: { at: '/~a?a=%2F' },
  }),
  row('K1', '9111 2', 'another query is another target, and so is an escape that has to be', {
    asked: { at: '?a=1' },
    given: cc('max-age=60'),
    when: { at: '?a=2' },
    then: CALL,
    more: [{ when: { at: '%3Fa=1' }, then: { calls: 1 } }],
  }),
  row('K2', '9110 9.3.2', 'HEAD has what GET has left', {
    given: cc('max-age=60', { 'X-A': 'a' }),
    when: { method: 'HEAD' },
    then: { ...HIT, text: '', has: { 'x-a': 'a', 'content-length': '1' } },
  }),
  row('K2', '9110 9.3.2', 'GET has nothing of what HEAD has left', {
    asked: { method: 'HEAD' },
    given: cc('max-age=60'),
    then: CALL,
  }),
  row('K3', '9111 4.1', 'an answer is for the values that have selected it', {
    asked: by({ 'X-A': 'a', 'X-B': 'b' }),
    given: cc('max-age=60', { Vary: 'x-a' }),
    when: by({ 'X-A': 'a', 'X-B': 'c' }),
    more: [{ when: by({ 'X-A': 'b' }), then: { calls: 1, text: '2' } }],
  }),
  row('K3', '9111 4.1', 'of two lists of names both count', {
    asked: by({ 'X-A': 'a' }),
    given: cc('max-age=60', { Vary: ['X-A', 'X-B'] }),
    when: by({ 'X-A': 'a', 'X-B': 'b' }),
    then: CALL,
  }),
  row('K4', '9111 4.1', 'values that differ by spaces, lines and weights of one are the same', {
    asked: by({ 'Accept-Language': 'EN , de;q=0.5' }),
    given: cc('max-age=60', { Vary: 'Accept-Language' }),
    when: by({ 'Accept-Language': 'en;q=1,de; q=0.50' }),
  }),
  row('K4', '9111 4.1', 'what is absent is not what is empty', {
    given: cc('max-age=60', { Vary: 'X-A' }),
    when: by({ 'X-A': '' }),
    then: CALL,
  }),
  row('K4', '9110 12.5.3', 'codings are asked for in one order', {
    asked: by({ 'Accept-Encoding': 'gzip, deflate, br' }),
    given: cc('max-age=60', { Vary: 'Accept-Encoding' }),
    first: { sent: { 'accept-encoding': 'br, gzip' } },
    when: by({ 'Accept-Encoding': 'br, gzip;q=0.8, sdch' }),
  }),
  row('K5', '9110 12.5.4', 'languages in another order are others', {
    trust: 'guarded',
    asked: by({ 'Accept-Language': 'de, en' }),
    given: cc('max-age=60', { Vary: 'Accept-Language' }),
    when: by({ 'Accept-Language': 'en, de' }),
    then: CALL,
  }),
  row('K5', '9110 12.5.4', 'languages in another order are the same', {
    trust: 'rfc',
    asked: by({ 'Accept-Language': 'de, en' }),
    given: cc('max-age=60', { Vary: 'Accept-Language' }),
    when: by({ 'Accept-Language': 'en, de' }),
  }),
];
