import type { ClusterSnapshot, LeaseSnapshot, MemberSnapshot } from '../snapshot.js';
import { byId, el, Rows, say } from './dom.js';
import { andMore, counted, duration, seen } from './words.js';

/** This process among others: members, and the keys that it leads for all of them. */
export class Cluster {
  private readonly section = byId('cluster');
  private readonly state = byId('cluster-state');
  private readonly words = byId('cluster-words');
  private readonly members = new Rows<MemberSnapshot>(
    byId('members'),
    ({ instance }) => instance,
    ({ instance, self }) => ({
      element: el('li', { class: 'chip' }, `${seen(instance)}${self ? ' (this one)' : ''}`),
      update: () => undefined,
    }),
  );
  private readonly leases = new Rows<LeaseSnapshot>(
    byId('leases'),
    ({ name, key }) => JSON.stringify([name, key]),
    ({ name, key }) => {
      const held = el('span');
      const element = el(
        'li',
        { class: 'flight' },
        el('span', { class: 'key' }, seen(key)),
        el('span', { class: 'muted' }, seen(name)),
        held,
      );
      return { element, update: ({ heldMs }) => say(held, duration(heldMs)) };
    },
    byId('leases-none'),
  );

  show(cluster: ClusterSnapshot | undefined): void {
    this.section.hidden = cluster === undefined;
    if (!cluster) return;
    this.state.dataset['state'] = cluster.status;
    say(this.state, cluster.status);
    const { reason, store, claiming, takeovers, invalidationsPending: pending } = cluster;
    const facts = [
      ...(reason === undefined ? [] : [seen(reason)]),
      ...(store === undefined ? [] : [seen(store)]),
      `${counted(claiming, 'claim')} waiting`,
      counted(takeovers, 'takeover'),
      ...(pending === 0 ? [] : [`${counted(pending, 'purge')} not yet taken by the store`]),
      andMore(cluster.members.left) && `${andMore(cluster.members.left)} members`,
    ];
    say(this.words, facts.filter(Boolean).join(' · '));
    this.members.show(cluster.members.list);
    this.leases.show(cluster.leases.list);
  }
}
