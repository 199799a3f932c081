import type { AdminSnapshot } from '../snapshot.js';
import { act, API, fieldsOfCaller, token } from './api.js';
import { Caching } from './caching.js';
import { TrafficChart } from './chart.js';
import { Circuits } from './circuits.js';
import type { CircuitAction } from './circuits.js';
import { Cluster } from './cluster.js';
import { confirmed, PurgeDialog } from './dialogs.js';
import type { Purge } from './dialogs.js';
import { byId, say } from './dom.js';
import { Flights } from './flights.js';
import { Gateway } from './gateway.js';
import { SnapshotStream } from './stream.js';
import { Top } from './top.js';
import { count, counted, duration, percent, rate, seen, time } from './words.js';

/** How long what was done stays on the page. */
const SAID_MS = 6_000;

/** Where a guard of the application decides who may come in, nobody is asked for a token. */
const IS_GUARDED = document.documentElement.dataset['entry'] === 'guard';

const entry = byId('entry', HTMLFormElement);
const board = byId('board');
const connection = byId('connection');
const lost = byId('lost');
const chart = new TrafficChart(byId('chart'), {
  requests: byId('requests-colour'),
  calls: byId('calls-colour'),
});
const circuits = new Circuits(steer, tell);
const flights = new Flights();
const top = new Top((cache, keyText) =>
  purge(`Purge ${seen(keyText)}?`, `What the cache ${seen(cache)} has for it is dropped.`, {
    cache,
    keyText,
  }),
);
const caching = new Caching((cache) =>
  purge(`Purge the cache ${seen(cache)}?`, 'All that it has is dropped, in all instances.', {
    cache,
  }),
);
const cluster = new Cluster();
const gateway = new Gateway();
const purgeDialog = new PurgeDialog();
let latest: AdminSnapshot | undefined;
let countdown: ReturnType<typeof setInterval> | undefined;
let silence: ReturnType<typeof setTimeout> | undefined;

const stream = new SnapshotStream(`${API}/stream`, fieldsOfCaller, {
  connecting() {
    state('connecting', latest ? 'Reconnecting' : 'Connecting');
  },
  snapshot(snapshot) {
    latest = snapshot;
    clearInterval(countdown);
    state('live', 'Live');
    if (!lost.hidden) tell('The stream is back');
    lost.hidden = true;
    const isEntered = !entry.hidden;
    show(snapshot);
    if (isEntered) byId('main').focus({ preventScroll: true });
  },
  lost(why, retryAt) {
    state('lost', 'Lost');
    board.dataset['old'] = 'true';
    const since = latest ? ` What you see is of ${time(latest.at)}.` : '';
    say(lost, `The stream is lost: ${why}.${since} It is asked for again by itself.`);
    lost.hidden = false;
    countdown = setInterval(() => {
      const seconds = Math.max(0, Math.ceil((retryAt - performance.now()) / 1_000));
      connection.title = `Next attempt in ${seconds} s`;
    }, 1_000);
  },
  refused(hadToken) {
    if (IS_GUARDED) turnAway();
    else ask(hadToken ? 'This is not the token of the service.' : '');
  },
});

function show(snapshot: AdminSnapshot): void {
  entry.hidden = true;
  board.hidden = false;
  board.dataset['old'] = 'false';
  byId('purge').hidden = snapshot.caching === undefined;
  byId('leave').hidden = token.get() === null;
  const { process, traffic } = snapshot;
  say(
    byId('process'),
    [process.name, process.version, `up ${duration(process.uptimeMs)}`].join(' · '),
  );
  document.title = `${percent(traffic.savedRatio)} saved · Breakwater`;

  const { totals, perSecond, savedRatio } = traffic;
  say(byId('saved-ratio'), percent(savedRatio));
  const few =
    savedRatio === null ? 'Nobody has asked yet' : `${counted(totals.saved, 'call')} not made`;
  const refused = totals.refused === 0 ? '' : `, ${count(totals.refused)} refused by circuits`;
  say(byId('saved-words'), `${few}${refused}`);
  say(byId('requests-rate'), rate(perSecond.requests));
  say(byId('calls-rate'), rate(perSecond.backendCalls));
  say(byId('requests-total'), `${count(totals.requests)} in all`);
  say(byId('calls-total'), `${count(totals.backendCalls)} in all`);
  chart.show(traffic);
  circuits.show(snapshot.circuits.list);
  flights.show(snapshot.coalescers.list);
  top.show(snapshot.top);
  caching.show(snapshot.caching);
  cluster.show(snapshot.cluster);
  gateway.show(snapshot.gateway);
}

function state(name: 'connecting' | 'live' | 'lost' | 'off', words: string): void {
  connection.dataset['state'] = name;
  connection.removeAttribute('title');
  say(connection, words);
}

/** Shows nothing of the service any more. */
function clear(): void {
  stream.stop();
  clearInterval(countdown);
  token.forget();
  state('off', '');
  lost.hidden = true;
  board.hidden = true;
  for (const id of ['purge', 'leave']) byId(id).hidden = true;
  say(byId('process'), '');
  document.title = 'Breakwater';
  latest = undefined;
}

/** Says that the application's guard has not let its user in. */
function turnAway(): void {
  clear();
  say(lost, 'The application does not let you in. Sign in to it, then load this page anew.');
  lost.hidden = false;
}

/** Asks for the token, and says what was wrong with the last one. */
function ask(problem: string): void {
  clear();
  entry.hidden = false;
  say(byId('entry-problem'), problem);
  byId('token', HTMLInputElement).focus();
}

/** Tells what was done, or has changed, for a while. */
function tell(text: string): void {
  say(byId('said'), text);
  clearTimeout(silence);
  silence = setTimeout(() => say(byId('said'), ''), SAID_MS);
}

/** Asks for an action, and tells what has come of it. */
async function perform(path: string, body: object, done: string): Promise<void> {
  try {
    const { everywhere } = await act(path, body);
    tell(
      everywhere === false ? `${done} here; the store of the cluster has not taken it yet` : done,
    );
  } catch (error) {
    tell(`Not done: ${(error as Error).message}`);
  }
}

async function steer(name: string, action: CircuitAction): Promise<void> {
  const whose = seen(name);
  if (action === 'isolate') {
    const words = 'It refuses every call until it is released.';
    if (!(await confirmed(`Isolate ${whose}?`, words, 'Isolate'))) return;
  } else if (action === 'force-closed') {
    const words = 'It admits every call, whatever the backend answers, until it is released.';
    if (!(await confirmed(`Force ${whose} closed?`, words, 'Force closed'))) return;
  }
  const done = {
    isolate: 'is isolated',
    'force-closed': 'is forced closed',
    release: 'is released',
  };
  await perform('/circuits', { circuit: name, action }, `Circuit ${whose} ${done[action]}`);
}

async function purge(title: string, words: string, what: Purge): Promise<void> {
  if (await confirmed(title, words, 'Purge')) await perform('/purge', what, 'Purged');
}

byId('purge').addEventListener('click', () => {
  const caches = latest?.caching?.caches.list.map(({ name }) => name) ?? [];
  void purgeDialog.ask(caches).then(async (what) => {
    if (what) await perform('/purge', what, 'Purged');
  });
});

byId('leave').addEventListener('click', () => ask(''));

entry.addEventListener('submit', (event) => {
  event.preventDefault();
  const field = byId('token', HTMLInputElement);
  say(byId('entry-problem'), '');
  token.set(field.value.trim());
  field.value = '';
  stream.start();
});

const theme = byId('theme');
const prefersDark = matchMedia('(prefers-color-scheme: dark)');

function paint(): void {
  const { theme: chosen } = document.documentElement.dataset;
  const isDark = chosen === undefined ? prefersDark.matches : chosen === 'dark';
  theme.setAttribute('aria-pressed', String(isDark));
  chart.draw();
}

theme.addEventListener('click', () => {
  const isDark = theme.getAttribute('aria-pressed') === 'true';
  document.documentElement.dataset['theme'] = isDark ? 'light' : 'dark';
  paint();
});
prefersDark.addEventListener('change', paint);

paint();
if (token.get() !== null || IS_GUARDED) stream.start();
else ask('');
