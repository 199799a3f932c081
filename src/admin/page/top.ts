import type { HotBackendSnapshot, HotKeySnapshot, TopSnapshot } from '../snapshot.js';
import { byId, el, fill, Rows, say } from './dom.js';
import type { Row } from './dom.js';
import { count, duration, seen } from './words.js';

/** Drops what a cache has for a key. */
export type PurgeKey = (cache: string, keyText: string) => Promise<void>;

/** Keys that were cut are longer than this; they name no key. */
const LONGEST_KEY = 256;

/** The hottest keys and backends of the last minute. */
export class Top {
  private readonly keys: Rows<HotKeySnapshot>;
  private readonly backends = new Rows<HotBackendSnapshot>(
    byId('backends'),
    ({ backend }) => backend,
    backendRow,
    byId('backends-none'),
  );
  private hottest = 1;

  constructor(private readonly purge: PurgeKey) {
    this.keys = new Rows(
      byId('keys'),
      ({ kind, name, key }) => JSON.stringify([kind, name, key]),
      (item) => this.keyRow(item),
      byId('keys-none'),
    );
  }

  show({ keys, backends }: TopSnapshot): void {
    this.hottest = Math.max(1, ...keys.map((key) => key.count));
    this.keys.show(keys);
    this.backends.show(backends);
  }

  private keyRow({ kind, name, key }: HotKeySnapshot): Row<HotKeySnapshot> {
    const times = el('strong');
    const bar = el('span');
    const purge = el(
      'button',
      { type: 'button', class: 'small' },
      'Purge',
      el('span', { class: 'unseen' }, ` ${seen(key)} of ${seen(name)}`),
    );
    purge.addEventListener('click', () => void this.purge(name, key));
    // A coalescer keeps nothing.
    const canPurge = kind === 'cache' && key.length <= LONGEST_KEY;
    const whose = kind === 'cache' ? seen(name) : `coalescer ${seen(name)}`;
    const element = el(
      'li',
      { class: 'hot' },
      el(
        'div',
        { class: 'what' },
        el('div', { class: 'key' }, seen(key)),
        el('div', { class: 'facts' }, whose),
      ),
      times,
      canPurge ? purge : el('span'),
      el('span', { class: 'track', 'aria-hidden': 'true' }, bar),
    );
    const update = (item: HotKeySnapshot): void => {
      say(times, `${item.error > 0 ? '≈ ' : ''}${count(item.count)}`);
      fill(bar, item.count / this.hottest);
    };
    return { element, update };
  }
}

function backendRow({ backend }: HotBackendSnapshot): Row<HotBackendSnapshot> {
  const facts = el('span', { class: 'facts right' });
  const failed = el('span', { class: 'badge', 'data-state': 'open' });
  const element = el(
    'li',
    { class: 'row line' },
    el('span', { class: 'key' }, seen(backend)),
    failed,
    facts,
  );
  const update = ({ count: calls, failures, meanMs }: HotBackendSnapshot): void => {
    say(facts, `${count(calls)} calls, ${duration(meanMs)} each`);
    failed.hidden = failures === 0;
    say(failed, `${count(failures)} failed`);
  };
  return { element, update };
}
