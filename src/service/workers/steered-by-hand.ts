import type { CircuitOrder } from '../../admin/index.js';

/** Most circuits of which it is remembered; of more the first are forgotten. */
export const MOST_STEERED = 1_000;

/** What was done to circuits by hand, and holds: a worker that takes the place of another is told of it. */
export class SteeredByHand {
  private readonly actions = new Map<string, CircuitOrder>();

  get orders(): readonly CircuitOrder[] {
    return [...this.actions.values()];
  }

  done(order: CircuitOrder): void {
    const { circuit, action } = order;
    this.actions.delete(circuit);
    if (action === 'release') return;
    this.actions.set(circuit, order);
    const [first] = this.actions.keys();
    if (this.actions.size > MOST_STEERED && first !== undefined) this.actions.delete(first);
  }
}
