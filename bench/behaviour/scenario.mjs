// What a scenario is. Each file in `scenarios/` exports one as `scenario`.

/** @typedef {'caching' | 'circuit-breaking'} Family */

/**
 * @typedef {object} Observation
 * @property {string} happened figures included
 * @property {boolean} pass whether that is what was expected
 */

/**
 * @typedef {object} Scenario
 * @property {string} id
 * @property {Family} family which subjects it is for
 * @property {string} title
 * @property {string} expected behaviour that can be seen from outside: calls, times, who gets what
 * @property {string} [needs] capability without which the scenario does not apply
 * @property {(subject: any) => Promise<Observation>} run once, in a process of its own
 */

/** Each scenario file exports `scenario`, made by this. @param {Scenario} definition */
export function defineScenario(definition) {
  return Object.freeze(definition);
}
