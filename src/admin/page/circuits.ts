import type { CircuitSnapshot, EvidenceSnapshot } from '../snapshot.js';
import { byId, el, fill, Rows, say } from './dom.js';
import type { Row } from './dom.js';
import { counted, duration, seen, time } from './words.js';

/** What can be done to a circuit by hand. */
export type CircuitAction = 'isolate' | 'force-closed' | 'release';

/** Does it, and resolves when it is done or was not wanted. */
export type SteerCircuit = (name: string, action: CircuitAction) => Promise<void>;

const MODES: Readonly<Record<CircuitSnapshot['mode'], string>> = {
  closed: 'Closed',
  open: 'Open',
  'half-open': 'Half-open',
  isolated: 'Isolated by hand',
  'forced-closed': 'Forced closed by hand',
};

const OUTCOMES: Readonly<Record<EvidenceSnapshot['outcome'], string>> = {
  failure: 'failure',
  slow: 'too slow',
  ignored: 'not counted',
  'probe-success': 'probe succeeded',
};

/** Each circuit: its state, why it is in it, what it has seen last, and what can be done. */
export class Circuits {
  private readonly rows: Rows<CircuitSnapshot>;
  private readonly countdowns = new Map<string, Countdown>();
  private readonly modes = new Map<string, CircuitSnapshot['mode']>();

  /** @param announce says a change of a circuit to who cannot see it */
  constructor(
    private readonly steer: SteerCircuit,
    private readonly announce: (text: string) => void,
  ) {
    this.rows = new Rows(
      byId('circuits'),
      ({ name }) => name,
      ({ name }) => this.row(name),
      byId('circuits-none'),
    );
    setInterval(() => {
      for (const countdown of this.countdowns.values()) countdown.tick();
    }, 200);
  }

  show(circuits: readonly CircuitSnapshot[]): void {
    this.rows.show(circuits);
    const names = new Set(circuits.map(({ name }) => name));
    for (const name of this.countdowns.keys()) if (!names.has(name)) this.countdowns.delete(name);
    for (const { name, mode } of circuits) {
      const before = this.modes.get(name);
      if (before !== undefined && before !== mode) {
        this.announce(`Circuit ${seen(name)}: ${MODES[mode].toLowerCase()}`);
      }
    }
    this.modes.clear();
    for (const { name, mode } of circuits) this.modes.set(name, mode);
  }

  private row(name: string): Row<CircuitSnapshot> {
    const badge = el('span', { class: 'badge' });
    const facts = el('span', { class: 'facts right' });
    const why = el('p', { class: 'why' });
    const countdown = new Countdown();
    this.countdowns.set(name, countdown);
    const evidence = el('ol', { class: 'evidence' });
    const summary = el('summary');
    const details = el('details', {}, summary, evidence);
    const isolate = this.button(name, 'isolate', 'Isolate');
    const force = this.button(name, 'force-closed', 'Force closed');
    const release = this.button(name, 'release', 'Release');
    const element = el(
      'li',
      { class: 'row' },
      el('div', { class: 'line' }, badge, el('span', { class: 'name' }, seen(name)), facts),
      why,
      countdown.element,
      el('div', { class: 'line' }, details, el('div', { class: 'acts' }, isolate, force, release)),
    );
    const update = (circuit: CircuitSnapshot): void => {
      const { mode } = circuit;
      badge.dataset['state'] = mode;
      say(badge, MODES[mode]);
      say(facts, factsOf(circuit));
      say(why, circuit.why);
      countdown.set(circuit);
      isolate.setAttribute('aria-pressed', String(mode === 'isolated'));
      force.setAttribute('aria-pressed', String(mode === 'forced-closed'));
      const isByHand = mode === 'isolated' || mode === 'forced-closed';
      if (!isByHand && document.activeElement === release) isolate.focus();
      release.hidden = !isByHand;
      details.hidden = circuit.evidence.length === 0;
      say(summary, counted(circuit.evidence.length, 'last result'));
      showEvidence(evidence, circuit.evidence);
    };
    return { element, update };
  }

  private button(name: string, action: CircuitAction, label: string): HTMLButtonElement {
    const whose = el('span', { class: 'unseen' }, ` circuit ${seen(name)}`);
    const button = el('button', { type: 'button', class: 'small' }, label, whose);
    button.addEventListener('click', () => void this.steer(name, action));
    return button;
  }
}

function factsOf({ inFlight, forMs, mode }: CircuitSnapshot): string {
  const calls = inFlight === 0 ? [] : [`${counted(inFlight, 'call')} on the way`];
  // Of the others the words say it.
  return [...calls, ...(mode === 'closed' ? [`for ${duration(forMs)}`] : [])].join(', ');
}

function showEvidence(list: HTMLElement, evidence: readonly EvidenceSnapshot[]): void {
  const texts = evidence
    .map(({ at, outcome, reason, durationMs }) => {
      const took = durationMs === undefined ? '' : ` after ${duration(durationMs)}`;
      const why = reason === undefined ? '' : `: ${seen(reason)}`;
      return `${time(at)} ${OUTCOMES[outcome]}${took}${why}`;
    })
    .reverse();
  if (texts.join('\n') === list.dataset['said']) return;
  list.dataset['said'] = texts.join('\n');
  list.replaceChildren(...texts.map((text) => el('li', {}, text)));
}

/** How long until a probe is due, counted here between one snapshot and the next. */
class Countdown {
  private readonly words = el('span');
  private readonly bar = el('span');
  readonly element = el(
    'div',
    { class: 'probe' },
    this.words,
    el('span', { class: 'track', 'aria-hidden': 'true' }, this.bar),
  );
  private dueAt = 0;
  private wholeMs = 0;

  set({ state, mode, nextProbeInMs, forMs }: CircuitSnapshot): void {
    const isCounted = state === 'open' && mode === 'open' && nextProbeInMs !== undefined;
    this.element.hidden = !isCounted;
    if (!isCounted) return;
    this.dueAt = performance.now() + nextProbeInMs;
    this.wholeMs = Math.max(1, forMs + nextProbeInMs);
    this.tick();
  }

  tick(): void {
    if (this.element.hidden) return;
    const leftMs = Math.max(0, this.dueAt - performance.now());
    say(
      this.words,
      leftMs === 0 ? 'The next call is a probe' : `Probe in ${Math.ceil(leftMs / 1_000)} s`,
    );
    fill(this.bar, 1 - leftMs / this.wholeMs);
  }
}
