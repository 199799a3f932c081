// What a question of the benchmark is. Each file in `questions/` exports one as `question`.

/**
 * @typedef {object} Contender
 * @property {string} name as the tables show it
 * @property {'ours' | 'limit' | 'peer'} role `limit` is what nothing can beat, or should: the yardstick
 * @property {string} [version] of the package or program
 * @property {string} [skipped] why it is not measured; then it needs no `measure`
 * @property {() => Promise<Readonly<Record<string, number>>>} measure one round: a figure for each metric
 */

/**
 * @typedef {object} Metric
 * @property {string} id key in what `measure` returns
 * @property {string} title
 * @property {string} unit
 * @property {'more' | 'less'} better
 */

/**
 * A target is met when the median over the rounds of (ours / against), taken round by round, is within it.
 * Without `against` the figure itself is compared.
 * @typedef {object} Target
 * @property {string} metric
 * @property {string} of name of a contender
 * @property {string} [against] name of a contender
 * @property {number} [atLeast]
 * @property {number} [atMost]
 * @property {number} [plus] what may be added to `atMost` times the other's figure, in the metric's unit
 * @property {20 | 24} [node] the only major version of Node that it speaks of
 * @property {string} text in words
 */

/**
 * @typedef {object} Question
 * @property {string} id as `--only` names it
 * @property {string} title
 * @property {string} about how it is measured, in a sentence or two
 * @property {readonly Metric[]} metrics
 * @property {readonly Target[]} targets
 * @property {(options: { quick: boolean }) => Promise<{ contenders: Contender[], close(): Promise<void> }>} open
 *   starts what is measured; each round then calls every contender's `measure` in turn
 */

/** Each question file exports `question`, made by this. @param {Question} definition */
export function defineQuestion(definition) {
  return Object.freeze(definition);
}

/**
 * That one answers at least so many times as many requests a second as another.
 *
 * @param {string} of
 * @param {string} against
 * @param {number} atLeast
 * @param {20 | 24} [node]
 * @returns {Target}
 */
export function ratio(of, against, atLeast, node = undefined) {
  const where = node === undefined ? '' : `, on Node ${node}`;
  return {
    ...{ metric: 'perSecond', of, against, atLeast, node },
    text: `${of}: at least ${atLeast} × ${against}${where}`,
  };
}
