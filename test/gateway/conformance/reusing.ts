import { CALL, HIT, ago, by, cc, once, row } from './row.js';
import type { Answered, Row, Then } from './row.js';

const TAG = { ETag: '"1"' };
const CHANGED = ago(86_400);
const FRESH = cc('max-age=60', { ...TAG, 'Last-Modified': CHANGED });
const BROKEN: Answered = { breaks: 'before' };
/** What was kept, in place of what the backend could not say. */
const STANDS_IN: Then = { calls: 1, status: 200, text: '1', has: { 'cache-status': /if-error/ } };

/** For how long an answer is used again, by whom, and what stands in for what (tables F, R, L). */
export const REUSING: readonly Row[] = [
  row('F1', '9111 4.2.1', 's-maxage is longer than max-age', {
    given: cc('s-maxage=60, max-age=0'),
  }),
  row('F1', '9111 4.2.1', 's-maxage is shorter than max-age', {
    given: cc('max-age=60, s-maxage=0'),
    then: CALL,
  }),
  row('F1', '9111 5.3', 'Expires counts where nothing else is said', {
    given: { headers: { Expires: ago(-60) } },
  }),
  row('F1', '9111 5.3', 'Expires does not count beside max-age', {
    given: cc('max-age=0', { Expires: ago(-60) }),
    then: CALL,
  }),
  row('F2', '9111 1.2.2', 'zeros may lead a number', { given: cc('max-age=0060') }),
  row('F2', '9111 1.2.2', 'a number beyond all bounds is a long time', {
    given: cc('max-age=99999999999999999999'),
    after: 86_400,
  }),
  row('F2', '9111 1.2.2', 'a number below zero is none', { given: cc('max-age=-1'), then: CALL }),
  ...['0', 'soon', '2030-01-01', ago(60)].map((expires) =>
    row('F3', '9111 5.3', `an Expires that is past or no date is past: ${expires}`, {
      given: { headers: { Expires: expires } },
      then: CALL,
    }),
  ),
  row('F3', '9110 5.6.7', 'an Expires may be written as of old', {
    given: { headers: { Expires: asctime(3_600) } },
  }),
  row('F4', '9111 4.2.3', 'an answer without Date is of now', {
    given: { ...cc('max-age=60'), undated: true },
    after: 50,
  }),
  row('F4', '9111 4.2.3', 'an answer whose Date is none is of now', {
    given: cc('max-age=60', { Date: 'today' }),
    after: 50,
  }),
  row('F5', '9111 4.2.2', 'a lifetime is guessed by the last change', {
    given: { headers: { 'Last-Modified': ago(1_000) } },
    after: 90,
  }),
  row('F5', '9111 4.2.2', 'and is at most an hour', {
    given: { headers: { 'Last-Modified': ago(1e8) } },
    after: 3_601,
    then: { ...CALL, sent: { 'if-modified-since': /GMT$/ } },
  }),
  row('F5', '9110 15.1', 'nothing is guessed of a status that does not allow it', {
    given: { status: 201, headers: { 'Last-Modified': ago(1_000) } },
    then: CALL,
  }),
  row('F5', 'own', 'nothing is guessed of what was asked for with cookies', {
    trust: 'guarded',
    asked: by({ Cookie: 'a=b' }),
    given: { headers: { 'Last-Modified': ago(1_000) } },
    then: CALL,
  }),
  row('F6', '9111 5.1', 'an answer is as old as its Age', {
    given: cc('max-age=60', { Age: '30' }),
    after: 31,
    then: CALL,
  }),
  row('F6', '9111 5.1', 'an Age that is no number is none', {
    given: cc('max-age=60', { Age: '30 s' }),
    after: 31,
  }),
  row('F6', '9111 5.1', 'of several Ages the first counts', {
    given: cc('max-age=60', { Age: '0, 90' }),
  }),
  row('F7', '9111 4.2.3', 'an answer is as old as its Date', {
    given: cc('max-age=60', { Date: ago(30) }),
    after: 31,
    then: CALL,
  }),
  row('F7', '9111 4.2.3', 'a Date in the future makes it no younger than new', {
    given: cc('max-age=60', { Date: ago(-600) }),
    after: 61,
    then: CALL,
  }),
  row('F7', '9111 4.2.3', 'ages are counted in whole seconds', {
    given: cc('max-age=2'),
    after: 0.9,
  }),
  row('F8', '9111 5.1', 'a hit tells its age, and the dates as they came', {
    given: cc('max-age=60', { Expires: 'Thu, 01 Jan 2026 00:00:00 GMT' }),
    first: { has: { age: undefined, warning: undefined } },
    after: 10,
    then: {
      ...HIT,
      has: { age: /^1[01]$/, expires: 'Thu, 01 Jan 2026 00:00:00 GMT', warning: undefined },
    },
  }),
  row('R1', '9111 4', 'an answer is used while it is fresh', { given: FRESH, after: 58 }),
  row('R1', '9111 4', 'and not after it', { given: FRESH, after: 60, then: CALL }),
  row('R1', '9111 5.2.2.4', 'nor without confirmation where it says so', {
    given: cc('no-cache, max-age=60', TAG),
    says: { status: 304, headers: TAG },
    then: { calls: 1, status: 200, text: '1' },
  }),
  row('R1', 'own', 'who says who he is does not get what is for nobody in particular', {
    trust: 'guarded',
    given: FRESH,
    when: by({ Authorization: 'Basic a' }),
    then: CALL,
  }),
  row('R1', '9111 3.5', 'who says who he is gets what is kept', {
    trust: 'rfc',
    given: FRESH,
    when: by({ Authorization: 'Basic a' }),
  }),
  row('R1', '9111 3.5', 'who says who he is gets what says that it is for everybody', {
    given: cc('public, max-age=60'),
    when: by({ Authorization: 'Basic a' }),
  }),
  row('R1', '9111 4', 'who has cookies gets what is kept', {
    given: FRESH,
    when: by({ Cookie: 'a=b' }),
  }),
  ...[
    ['Cache-Control', 'no-cache'],
    ['Cache-Control', 'max-age=0'],
    ['Pragma', 'no-cache'],
  ].flatMap(([name = '', value = '']) => [
    row('R2', '9111 5.2.1', `no client orders a call: ${name}: ${value}`, {
      trust: 'guarded',
      given: FRESH,
      when: by({ [name]: value }),
    }),
    row('R2', '9111 5.2.1', `a client may order a confirmation: ${name}: ${value}`, {
      trust: 'rfc',
      given: FRESH,
      when: by({ [name]: value }),
      says: { status: 304, headers: TAG },
      then: { calls: 1, text: '1', sent: { 'if-none-match': '"1"' } },
    }),
  ]),
  row('R2', '9111 5.2.1.3', 'min-fresh wants more than is left', {
    trust: 'rfc',
    given: FRESH,
    when: by({ 'Cache-Control': 'min-fresh=61' }),
    then: CALL,
  }),
  row('R2', '9111 5.2.1.2', 'max-stale takes what is stale', {
    trust: 'rfc',
    given: FRESH,
    after: 90,
    when: by({ 'Cache-Control': 'max-stale=60' }),
  }),
  row('R2', '9111 5.2.1.2', 'max-stale takes nothing that may not be used stale', {
    trust: 'rfc',
    given: cc('max-age=60, must-revalidate'),
    after: 90,
    when: by({ 'Cache-Control': 'max-stale' }),
    then: CALL,
  }),
  row('R2', '9111 5.2.1.7', 'only-if-cached has what is kept', {
    given: FRESH,
    when: by({ 'Cache-Control': 'only-if-cached' }),
  }),
  once('R2', '9111 5.2.1.7', 'only-if-cached has 504 for what is not', {
    when: by({ 'Cache-Control': 'only-if-cached' }),
    then: { calls: 0, status: 504 },
  }),
  row('R3', '9111 5.2.2.4', 'fields that no-cache="…" names are left out until confirmed', {
    given: cc('no-cache="X-A", max-age=60', { 'X-A': 'a', ...TAG }),
    first: { has: { 'x-a': 'a' } },
    then: { ...HIT, has: { 'x-a': undefined } },
    more: [
      {
        after: 61,
        says: { status: 304, headers: { 'X-A': 'b', ...TAG } },
        then: { calls: 1, text: '1', has: { 'x-a': 'b' } },
      },
    ],
  }),
  ...['must-revalidate, max-age=60', 'proxy-revalidate, max-age=60', 's-maxage=60'].flatMap(
    (said) => [
      row('L1', '9111 5.2.2.2', `nothing stands in for no answer, where it says ${said}`, {
        given: cc(said),
        after: 61,
        says: BROKEN,
        then: { calls: 1, status: 504 },
      }),
      row('L1', '9111 5.2.2.2', `nor for a failure, where it says ${said}`, {
        given: cc(said),
        after: 61,
        says: { status: 503, body: 'busy' },
        then: { calls: 1, status: 503, text: 'busy' },
      }),
    ],
  ),
  row('L1', 'own', 'a window that is named beside s-maxage counts', {
    trust: 'guarded',
    given: cc('s-maxage=60, stale-if-error=60'),
    after: 90,
    says: BROKEN,
    then: STANDS_IN,
  }),
  row('L1', '9111 5.2.2.10', 'a window that is named beside s-maxage does not count', {
    trust: 'rfc',
    given: cc('s-maxage=60, stale-if-error=60'),
    after: 90,
    says: BROKEN,
    then: { calls: 1, status: 504 },
  }),
  row('L2', '5861 3', 'within stale-while-revalidate the old one comes, and the new one then', {
    given: cc('max-age=60, stale-while-revalidate=30'),
    after: 80,
    says: cc('max-age=60'),
    then: { calls: 1, text: '1', has: { 'cache-status': /stale-while-revalidate/ } },
    more: [{ then: { ...HIT, text: '2' } }],
  }),
  row('L2', '5861 3', 'beyond it the new one', {
    given: cc('max-age=60, stale-while-revalidate=30'),
    after: 91,
    then: CALL,
  }),
  row('L3', '9111 4.2.4', 'what is kept stands in for no answer for a minute', {
    given: FRESH,
    after: 110,
    says: BROKEN,
    then: STANDS_IN,
  }),
  row('L3', '9111 4.2.4', 'and no longer', {
    given: FRESH,
    after: 125,
    says: BROKEN,
    then: { calls: 1, status: 502 },
  }),
  row('L3', '5861 4', 'or for as long as it says', {
    given: cc('max-age=60, stale-if-error=5'),
    after: 70,
    says: BROKEN,
    then: { calls: 1, status: 502 },
  }),
  ...[500, 502, 503, 504].map((status) =>
    row('L4', '9111 4.3.3', `what is kept stands in for ${status}`, {
      given: FRESH,
      after: 70,
      says: { status },
      then: STANDS_IN,
    }),
  ),
  ...[404, 410, 429, 501].map((status) =>
    row('L4', '9111 4.3.3', `but not for ${status}`, {
      given: FRESH,
      after: 70,
      says: { status },
      then: { ...CALL, status },
    }),
  ),
];

/** As C writes a time, so many seconds from now. */
function asctime(seconds: number): string {
  const [day = '', date = '', month, year, time] = ago(-seconds).replace(',', '').split(' ');
  return `${day} ${String(month)} ${date.replace(/^0/, ' ')} ${String(time)} ${String(year)}`;
}
