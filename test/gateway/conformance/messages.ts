import { CALL, HIT, ago, by, cc, once, row } from './row.js';
import type { Answered, Row, Then } from './row.js';

const TAG = { ETag: '"1"' };
const CHANGED = ago(86_400);
const FRESH = cc('max-age=60', { ...TAG, 'Last-Modified': CHANGED });
const TEN: Answered = { ...FRESH, body: '0123456789' };
const renewed = (headers: Answered['headers'] = {}): Answered => ({
  status: 304,
  headers: { ...TAG, ...headers },
});

/** What purges. */
const TOKEN = { Authorization: 'Bearer of-the-house' };

/** A change of what is asked for while its answer is on its way, and what is there then. */
function between(
  rule: string,
  it: string,
  { waits, status, then }: Required<Pick<Answered, 'waits' | 'status'>> & { readonly then: Then },
): Row {
  const when = { method: 'POST', body: 'x' };
  const given = { ...FRESH, waits, body: '1' };
  const meanwhile = { when, says: { status, body: '' } };
  const first = { says: given, meanwhile, then: { calls: 2, status: 200, text: '1' } };
  return { rule, rfc: '9111 4.4', it, steps: [first, { then }] };
}

/** Confirmations, updates, invalidation, parts, and how messages are handed on (tables V, U, I, P, H, N). */
export const MESSAGES: readonly Row[] = [
  row('V1', '9111 4.3.1', 'what is stale is asked for by its validators', {
    given: FRESH,
    after: 61,
    says: renewed(),
    then: {
      calls: 1,
      status: 200,
      text: '1',
      sent: { 'if-none-match': '"1"', 'if-modified-since': CHANGED },
    },
  }),
  row('V1', '9111 4.3.1', 'and not by those of the client', {
    given: FRESH,
    after: 61,
    when: by({ 'If-None-Match': '"other"' }),
    says: renewed(),
    then: { calls: 1, status: 200, text: '1', sent: { 'if-none-match': '"1"' } },
  }),
  row('V2', '9111 4.3.4', 'a 304 of what nobody has is asked about once more, without conditions', {
    given: FRESH,
    after: 125,
    says: { status: 304, headers: { ETag: '"unknown"' } },
    then: { calls: 2, status: 502, sent: { 'if-none-match': undefined } },
  }),
  row('V2', '9111 4.3.4', 'a 304 that names what is kept brings it up to date', {
    given: FRESH,
    after: 61,
    says: renewed({ 'Cache-Control': 'max-age=60' }),
    then: { calls: 1, text: '1' },
    more: [{ after: 30, then: HIT }],
  }),
  ...[
    ['If-None-Match', '"1"'],
    ['If-None-Match', 'W/"1"'],
    ['If-None-Match', '"0", "1"'],
    ['If-None-Match', '*'],
    ['If-Modified-Since', CHANGED],
  ].map(([name = '', value = '']) =>
    row('V3', '9111 4.3.2', `a client who has it is told so: ${name}: ${value}`, {
      given: { headers: { ...FRESH.headers, 'X-A': 'a', 'Content-Location': '/b' } },
      when: by({ [name]: value }),
      then: {
        calls: 0,
        status: 304,
        text: '',
        has: {
          etag: '"1"',
          'cache-control': 'max-age=60',
          'content-location': '/b',
          'x-a': undefined,
        },
      },
    }),
  ),
  ...[
    ['If-None-Match', '"2"'],
    ['If-Modified-Since', ago(864_000)],
  ].map(([name = '', value = '']) =>
    row('V3', '9111 4.3.2', `a client who has not gets it: ${name}: ${value}`, {
      given: FRESH,
      when: by({ [name]: value }),
    }),
  ),
  row('V3', '9110 13.2.2', 'entity tags come before dates', {
    given: FRESH,
    when: by({ 'If-None-Match': '"2"', 'If-Modified-Since': CHANGED }),
  }),
  row('V3', '9110 13.1.1', 'what the backend alone can tell is asked of the backend', {
    given: FRESH,
    when: by({ 'If-Match': '"1"' }),
    then: { ...CALL, sent: { 'if-match': '"1"' } },
  }),
  once('V4', '9111 4.3.2', 'a client’s conditions are no part of a call that others share', {
    when: by({ 'If-None-Match': '"1"' }),
    says: FRESH,
    then: { calls: 1, status: 304, sent: { 'if-none-match': undefined } },
  }),
  once('V4', '9111 4.3.2', 'and are answered where they do not hold', {
    when: by({ 'If-None-Match': '"0"' }),
    says: FRESH,
    then: { calls: 1, status: 200, text: '1', sent: { 'if-none-match': undefined } },
  }),
  row('U1', '9111 3.2', 'a 304 replaces the fields that it names', {
    given: cc('max-age=60', { ...TAG, 'X-A': 'a', 'X-B': 'b' }),
    after: 61,
    says: renewed({ 'X-A': 'new' }),
    then: { calls: 1, text: '1', has: { 'x-a': 'new', 'x-b': 'b' } },
  }),
  row('U1', '9111 3.2', 'but for those that the bytes depend on', {
    given: cc('max-age=60', { ...TAG, 'Content-Encoding': 'x-none' }),
    after: 61,
    says: renewed({ 'Content-Encoding': 'x-other', 'Content-Range': 'bytes 0-0/9' }),
    then: {
      calls: 1,
      text: '1',
      has: { 'content-encoding': 'x-none', 'content-range': undefined, 'content-length': '1' },
    },
  }),
  row('U1', '9111 3.2', 'a 304 that forbids to keep it has its asker served, and nobody after', {
    given: FRESH,
    after: 61,
    says: renewed({ 'Cache-Control': 'no-store' }),
    then: { calls: 1, status: 200, text: '1' },
    more: [{ then: { calls: 1, text: '3', sent: { 'if-none-match': undefined } } }],
  }),
  row('U2', '9111 4.3.3', 'a 200 replaces what was kept, body and all', {
    given: cc('max-age=60', { ...TAG, 'X-A': 'a' }),
    after: 61,
    says: cc('max-age=60', { ETag: '"2"' }),
    then: { ...CALL, has: { etag: '"2"', 'x-a': undefined } },
    more: [{ then: { ...HIT, text: '2', has: { etag: '"2"' } } }],
  }),
  row('U3', '9111 4.3.5', 'HEAD that tells the same brings what is kept up to date', {
    given: FRESH,
    after: 61,
    when: { method: 'HEAD' },
    says: { ...FRESH, body: '1' },
    then: { calls: 1, status: 200 },
    more: [{ after: 30, then: HIT }],
  }),
  row('U3', '9111 4.3.5', 'HEAD that tells of something else outdates it', {
    given: FRESH,
    after: 61,
    when: { method: 'HEAD' },
    says: cc('max-age=60', { ETag: '"2"' }),
    then: { calls: 1, status: 200 },
    more: [{ then: { calls: 1, text: '3', sent: { 'if-none-match': undefined } } }],
  }),
  ...['POST', 'PUT', 'DELETE', 'PATCH', 'M-SEARCH'].flatMap((method) => [
    row('I1', '9111 4.4', `${method} that succeeds outdates what is kept`, {
      given: FRESH,
      when: { method, body: 'x' },
      says: { status: 204, body: '' },
      then: { calls: 1, status: 204 },
      more: [{ then: { calls: 1, text: '3' } }],
    }),
    row('I1', '9111 4.4', `${method} that fails does not`, {
      given: FRESH,
      when: { method, body: 'x' },
      says: { status: 409 },
      then: { calls: 1, status: 409 },
      more: [{ then: HIT }],
    }),
  ]),
  row('I1', '9110 9.2.1', 'OPTIONS changes nothing', {
    given: FRESH,
    when: { method: 'OPTIONS' },
    says: { status: 204, body: '' },
    then: { calls: 1, status: 204 },
    more: [{ then: HIT }],
  }),
  ...['Location', 'Content-Location'].map((name) =>
    row('I1', '9111 4.4', `what ${name} names is outdated as well`, {
      given: FRESH,
      when: { method: 'POST', body: 'x', at: '/sub' },
      says: { status: 201, headers: { [name]: '@' } },
      then: { calls: 1, status: 201 },
      more: [{ then: { calls: 1, text: '3' } }],
    }),
  ),
  row('I1', '9111 4.4', 'what is of another host is not', {
    given: FRESH,
    when: { method: 'POST', body: 'x', at: '/sub' },
    says: { status: 201, headers: { Location: '//other.example@' } },
    then: { calls: 1, status: 201 },
    more: [{ then: HIT }],
  }),
  ...[{ method: 'POST', body: 'x' }, { method: 'DELETE' }].map((when): Row => {
    const vary = cc('max-age=60', { Vary: 'Accept-Language' });
    const [de, en] = [by({ 'Accept-Language': 'de' }), by({ 'Accept-Language': 'en' })];
    return {
      ...{ rule: 'K6', rfc: '9111 4.4', it: `${when.method} outdates all variants of its target` },
      steps: [
        ...[de, en].map((one) => ({ when: one, says: vary, then: { calls: 1 } })),
        ...[de, en].map((one) => ({ when: one, then: { calls: 0 } })),
        { when, says: { status: 204, body: '' }, then: { calls: 1 } },
        ...[de, en].map((one) => ({ when: one, says: vary, then: { calls: 1 } })),
      ],
    };
  }),
  row('K6', '9111 4.4', 'what another target has led to is of another tag', {
    given: FRESH,
    when: { method: 'POST', body: 'x', at: '?a=1' },
    says: { status: 204, body: '' },
    then: { calls: 1, status: 204 },
    more: [{ then: HIT }],
  }),
  ...(['head', 'body'] as const).flatMap((waits) => [
    between('I2', `what is changed before its ${waits} is there is handed on, and not kept`, {
      ...{ waits, status: 204, then: { calls: 1, text: '3' } },
    }),
    between('I2', `what could not be changed before its ${waits} is there is kept`, {
      ...{ waits, status: 409, then: HIT },
    }),
  ]),
  row('I3', 'own', 'PURGE by who may drops what is kept of its target', {
    given: FRESH,
    when: by(TOKEN, { method: 'PURGE' }),
    then: { calls: 0, status: 204, text: '' },
    more: [{ then: CALL }],
  }),
  row('I3', 'own', 'PURGE of tags drops what has one of them', {
    given: cc('max-age=60', { 'Surrogate-Key': 'hats shoes' }),
    when: by({ ...TOKEN, 'Surrogate-Key': 'gloves shoes' }, { method: 'PURGE', at: '/sub' }),
    then: { calls: 0, status: 204 },
    more: [{ then: CALL }],
  }),
  ...[undefined, 'Bearer of-another-house'].map((token) =>
    row('I3', 'own', `PURGE by who may not is no method: ${token ?? 'without a token'}`, {
      given: FRESH,
      when: by(token === undefined ? {} : { Authorization: token }, { method: 'PURGE' }),
      then: { calls: 0, status: 405, has: { allow: /GET/ } },
      more: [{ then: HIT }],
    }),
  ),
  ...[
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-2', '89', 'bytes 8-9/10'],
    ['bytes=8-99', '89', 'bytes 8-9/10'],
  ].map(([range = '', text = '', told = '']) =>
    row('P1', '9110 14.2', `a part is cut from what is kept: ${range}`, {
      given: TEN,
      when: by({ Range: range }),
      then: { calls: 0, status: 206, text, has: { 'content-range': told } },
    }),
  ),
  row('P1', '9110 15.5.17', 'a part that there is not is 416', {
    given: TEN,
    when: by({ Range: 'bytes=10-' }),
    then: { calls: 0, status: 416, has: { 'content-range': 'bytes */10' } },
  }),
  ...['bytes=0-1,4-5', 'lines=1-2', 'bytes=4-2'].map((range) =>
    row('P1', '9110 14.2', `what is no single range has the whole: ${range}`, {
      given: TEN,
      when: by({ Range: range }),
      then: { ...HIT, text: '0123456789' },
    }),
  ),
  row('P1', '9110 13.1.5', 'a part of what it is a part of', {
    given: TEN,
    when: by({ Range: 'bytes=0-1', 'If-Range': '"1"' }),
    then: { calls: 0, status: 206, text: '01' },
  }),
  row('P1', '9110 13.1.5', 'and the whole of what has changed', {
    given: TEN,
    when: by({ Range: 'bytes=0-1', 'If-Range': '"0"' }),
    then: { ...HIT, text: '0123456789' },
  }),
  row('P2', '9111 3.3', 'a part of what is not kept is handed on, and not kept', {
    asked: by({ Range: 'bytes=0-0' }),
    given: { ...cc('max-age=60', { 'Content-Range': 'bytes 0-0/10' }), status: 206, body: '0' },
    first: { status: 206, text: '0', sent: { range: 'bytes=0-0' } },
    then: CALL,
  }),
  once('H1', '9110 7.6.1', 'what is for the next hop alone goes no further', {
    when: by({ Connection: 'close, X-A', 'X-A': 'a', 'Keep-Alive': 'timeout=5', 'X-B': 'b' }),
    says: { headers: { 'Keep-Alive': 'timeout=77', 'Proxy-Authenticate': 'Basic', 'X-B': 'c' } },
    then: {
      calls: 1,
      has: { 'proxy-authenticate': undefined, 'x-b': 'c' },
      sent: { 'x-a': undefined, 'keep-alive': undefined, 'x-b': 'b' },
    },
  }),
  once('H1', '9110 7.6.1', 'nobody takes a field from a message by nominating it that it needs', {
    when: by({ Connection: 'close, Cache-Control, Host', 'Cache-Control': 'max-age=5' }),
    says: cc('max-age=60', { Connection: 'Cache-Control' }),
    then: {
      calls: 1,
      has: { 'cache-control': 'max-age=60' },
      sent: { 'cache-control': 'max-age=5', host: /./ },
    },
  }),
  once('H2', '9110 7.6.3', 'a request says by whom it has come, an answer does not', {
    when: by({ Via: '1.0 before' }),
    then: { calls: 1, sent: { via: '1.0 before, 1.1 breakwater' }, has: { via: undefined } },
  }),
  once('H2', '9110 7.6.3', 'a request that has been here is a loop', {
    when: by({ Via: '1.1 breakwater' }),
    then: { calls: 0, status: 508 },
  }),
  once('H2', '7239 4', 'who has come is told anew where nobody is trusted', {
    when: by({ 'X-Forwarded-For': '9.9.9.9', Forwarded: 'for=9.9.9.9' }),
    then: { calls: 1, sent: { 'x-forwarded-for': '127.0.0.1', forwarded: /^for=127\.0\.0\.1;/ } },
  }),
  once('H3', 'own', 'a call that others share asks for nothing that the key does not tell apart', {
    when: by({ 'X-HTTP-Method-Override': 'DELETE', 'X-Original-URL': '/admin' }),
    then: { calls: 1, sent: { 'x-http-method-override': undefined, 'x-original-url': undefined } },
  }),
  once('H3', 'own', 'a call of one’s own says what the client says', {
    when: by({ 'X-HTTP-Method-Override': 'DELETE' }, { method: 'POST', body: 'x' }),
    then: { calls: 1, sent: { 'x-http-method-override': 'DELETE' } },
  }),
  once('H4', '9112 6.3', 'a length that was told is told', {
    says: { body: 'four' },
    then: {
      calls: 1,
      text: 'four',
      has: { 'content-length': '4', 'transfer-encoding': undefined },
    },
  }),
  once('H5', '9211 2', 'what became of it is told behind what others tell', {
    says: { headers: { 'Cache-Status': 'behind; hit' } },
    then: { calls: 1, has: { 'cache-status': /^behind; hit, breakwater; fwd=uri-miss/ } },
  }),
  row('N1', '9110 15.2', 'an interim answer goes on, and is no part of what is kept', {
    given: { ...FRESH, interim: 'hints' },
    first: { status: 200, text: '1', interim: [103], has: { link: undefined } },
    then: { ...HIT, interim: [], has: { link: undefined } },
  }),
  once('N1', '9110 15.2', 'an interim answer goes on to who asks for no answer that is kept', {
    when: { method: 'DELETE' },
    says: { interim: 'hints' },
    then: { calls: 1, status: 200, interim: [103] },
  }),
  once('N2', '9110 15.2.1', 'a body is asked to go on with, though nobody has asked for that', {
    when: { method: 'POST', body: 'x' },
    says: { interim: 'continue', echoes: true },
    then: { calls: 1, status: 200, text: 'x' },
  }),
  once('N2', '9110 7.8', 'a protocol that no rule lists is not asked for', {
    when: by({ Connection: 'upgrade', Upgrade: 'websocket' }),
    then: { calls: 1, status: 200, text: '1', sent: { upgrade: undefined } },
  }),
  once('N4', '9110 6.4', 'a body goes on as it is, whatever the method', {
    when: { method: 'PATCH', body: '{"a":1}' },
    says: { echoes: true },
    then: { calls: 1, text: '{"a":1}', sent: { 'content-length': '7' } },
  }),
  once('N4', '9112 9.3', 'an answer that comes before the body does is the answer', {
    when: { method: 'PUT', body: 'x'.repeat(500_000) },
    says: { status: 413, early: true, body: 'no' },
    then: { calls: 1, status: 413, text: 'no' },
  }),
  once('N4', '9112 3.2.2', 'a target in absolute form names the host itself', {
    when: by({ Host: 'api.example' }, { from: 'http://other.example' }),
    then: { calls: 1, status: 200, sent: { host: 'other.example' } },
  }),
  once('N5', '9110 15.6', 'a failure of the backend is handed on as it is', {
    says: { status: 500, body: 'trace', headers: { 'X-A': 'a' } },
    then: { calls: 1, status: 500, text: 'trace', has: { 'x-a': 'a' } },
  }),
  once('N5', '9110 15.6.3', 'no answer at all is 502, and not to be kept', {
    says: { breaks: 'before' },
    then: {
      calls: 1,
      status: 502,
      text: '{"error":"backend unavailable"}',
      has: { 'cache-control': 'no-store' },
    },
  }),
];
