import type { CacheSnapshot, CachingSnapshot, OutageSnapshot, TierSnapshot } from '../snapshot.js';
import { byId, el, fill, Rows, say } from './dom.js';
import type { Row } from './dom.js';
import { bytes, count, counted, duration, percent, seen, time } from './words.js';

/** Drops all that a cache has. */
export type PurgeCache = (cache: string) => Promise<void>;

/** How full the tiers are and what they answer, and what becomes of look-ups in each cache. */
export class Caching {
  private readonly section = byId('caching');
  private readonly tiers = new Rows<TierSnapshot>(byId('tiers'), ({ name }) => name, tierRow);
  private readonly outages = new Rows<OutageSnapshot>(
    byId('outages'),
    ({ name }) => name,
    outageRow,
  );
  private readonly caches: Rows<CacheSnapshot>;

  constructor(private readonly purge: PurgeCache) {
    this.caches = new Rows(
      byId('caches'),
      ({ name }) => name,
      (cache) => this.cacheRow(cache),
    );
  }

  show(caching: CachingSnapshot | undefined): void {
    this.section.hidden = caching === undefined;
    if (!caching) return;
    this.tiers.show(caching.tiers);
    this.caches.show(caching.caches.list);
    this.outages.show(caching.outages);
  }

  private cacheRow({ name, owner }: CacheSnapshot): Row<CacheSnapshot> {
    const whose = seen(owner === undefined ? name : owner.replace(':', ' '));
    const ratio = el('strong');
    const facts = el('p', { class: 'facts' });
    const lifetime = el('p', { class: 'facts' });
    const purge = el(
      'button',
      { type: 'button', class: 'small' },
      'Purge',
      el('span', { class: 'unseen' }, ` cache ${whose}`),
    );
    purge.addEventListener('click', () => void this.purge(name));
    const element = el(
      'li',
      { class: 'row' },
      el(
        'div',
        { class: 'line' },
        el('span', { class: 'name', title: seen(name) }, whose),
        ratio,
        el('span', { class: 'acts' }, purge),
      ),
      facts,
      lifetime,
    );
    const update = (cache: CacheSnapshot): void => {
      const { hits, staleHits, collapsed, misses, errors, hitRatio } = cache;
      say(ratio, hitRatio === null ? '' : `${percent(hitRatio)} hits`);
      const parts = [
        `${count(hits)} fresh`,
        `${count(staleHits)} stale`,
        `${count(collapsed)} joined`,
        `${count(misses)} missed`,
        ...(errors === 0 ? [] : [counted(errors, 'error')]),
      ];
      say(facts, parts.join(' · '));
      const entries = counted(cache.entries, 'entry', 'entries');
      if (owner !== undefined) {
        // How long they are fresh is said by the answers, or by the rule.
        say(lifetime, `${entries} in memory`);
        return;
      }
      const total = cache.staleMs > cache.freshMs ? `, stale until ${duration(cache.staleMs)}` : '';
      say(lifetime, `${entries} in memory, fresh for ${duration(cache.freshMs)}${total}`);
    };
    return { element, update };
  }
}

function tierRow({ name }: TierSnapshot): Row<TierSnapshot> {
  const badge = el('span', { class: 'badge' });
  const ratio = el('p', { class: 'big' });
  const room = el('p', { class: 'facts' });
  const bar = el('span');
  const track = el('div', { class: 'track', 'aria-hidden': 'true' }, bar);
  const reason = el('p', { class: 'facts' });
  const element = el(
    'li',
    { class: 'tier' },
    el('div', { class: 'line' }, el('span', { class: 'name' }, seen(name)), badge),
    ratio,
    el('p', { class: 'facts' }, 'of look-ups answered'),
    room,
    track,
    reason,
  );
  const update = (tier: TierSnapshot): void => {
    badge.dataset['state'] = tier.status;
    say(badge, tier.status);
    say(ratio, percent(tier.hitRatio));
    say(room, roomOf(tier));
    const share = shareOf(tier);
    track.hidden = share === undefined;
    fill(bar, share ?? 0);
    say(reason, seen(tier.reason ?? ''));
  };
  return { element, update };
}

function roomOf({ entries, maxEntries, bytes: size, maxBytes }: TierSnapshot): string {
  const most = maxBytes === undefined ? '' : ` of ${bytes(maxBytes)}`;
  const mostEntries = maxEntries === undefined ? '' : ` of ${count(maxEntries)}`;
  return [
    ...(size === undefined ? [] : [`${bytes(size)}${most}`]),
    ...(entries === undefined
      ? []
      : [`${count(entries)}${mostEntries} ${entries === 1 ? 'entry' : 'entries'}`]),
  ].join(', ');
}

/** How full it is, by whichever bound is nearer. */
function shareOf({ entries = 0, maxEntries, bytes: size = 0, maxBytes }: TierSnapshot) {
  if (maxBytes === undefined && maxEntries === undefined) return undefined;
  return Math.max(size / (maxBytes ?? Infinity), entries / (maxEntries ?? Infinity));
}

function outageRow({ name }: OutageSnapshot): Row<OutageSnapshot> {
  const words = el('p', { class: 'why' });
  const badge = el('span', { class: 'badge', 'data-state': 'degraded' }, 'stale stands in');
  const head = el('div', { class: 'line' }, badge, el('span', { class: 'name' }, seen(name)));
  const element = el('li', { class: 'row' }, head, words);
  const update = ({ since, failures, reason }: OutageSnapshot): void => {
    const what = `Refreshes fail since ${time(since)}, ${counted(failures, 'time')}`;
    say(words, `${what}: ${seen(reason)}`);
  };
  return { element, update };
}
