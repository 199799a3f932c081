import type { CoalescerSnapshot, FlightSnapshot } from '../snapshot.js';
import { byId, el, Rows, say } from './dom.js';
import type { Row } from './dom.js';
import { count, counted, duration, seen } from './words.js';

const PHASES: Readonly<Record<FlightSnapshot['phase'], string>> = {
  queued: 'waits for room',
  running: '',
  fenced: 'overtaken, runs on',
  overtaken: 'overtaken',
  abandoned: 'nobody waits',
};

/** Each coalescer and what is under way in it. */
export class Flights {
  private readonly rows = new Rows<CoalescerSnapshot>(
    byId('coalescers'),
    ({ name }) => name,
    coalescerRow,
    byId('coalescers-none'),
  );

  show(coalescers: readonly CoalescerSnapshot[]): void {
    this.rows.show(coalescers);
  }
}

function coalescerRow({ name }: CoalescerSnapshot): Row<CoalescerSnapshot> {
  const now = el('span', { class: 'right' });
  const stuck = el('span', { class: 'badge', 'data-state': 'open' });
  const totals = el('p', { class: 'facts' });
  const list = el('ul', { class: 'plain sub' });
  const more = el('p', { class: 'facts' });
  const flights = new Rows<FlightSnapshot>(list, ({ id }) => String(id), flightRow);
  const element = el(
    'li',
    { class: 'row' },
    el('div', { class: 'line' }, el('span', { class: 'name' }, seen(name)), stuck, now),
    totals,
    list,
    more,
  );
  const update = (coalescer: CoalescerSnapshot): void => {
    const { flights: under, joiners, led, joined, oldest } = coalescer;
    say(now, under === 0 ? 'idle' : `${counted(under, 'flight')}, ${counted(joiners, 'joiner')}`);
    now.classList.toggle('muted', under === 0);
    stuck.hidden = coalescer.stuck === 0;
    say(stuck, `${count(coalescer.stuck)} stuck`);
    say(totals, `${counted(led, 'flight')} led, ${count(joined)} joined`);
    flights.show(oldest);
    const left = under - oldest.length;
    more.hidden = left <= 0;
    say(more, `and ${count(left)} younger`);
  };
  return { element, update };
}

function flightRow({ key }: FlightSnapshot): Row<FlightSnapshot> {
  const age = el('span');
  const joiners = el('span', { class: 'muted' });
  const element = el(
    'li',
    { class: 'flight' },
    el('span', { class: 'key' }, key === undefined ? 'for one caller alone' : seen(key)),
    joiners,
    age,
  );
  const update = (flight: FlightSnapshot): void => {
    const phase = flight.stuck ? 'stuck' : PHASES[flight.phase];
    say(joiners, [phase, counted(flight.joiners, 'joiner')].filter(Boolean).join(', '));
    say(age, duration(flight.ageMs));
  };
  return { element, update };
}
