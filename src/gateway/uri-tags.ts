import type { AskedTarget } from './asked-target.js';
import type { ForwardRule, RuleSet } from './rules/index.js';

type Target = Pick<AskedTarget, 'host' | 'path' | 'query'>;

/** The tag of everything that a target has led to, by a key that covers all of it. */
function uriTag({ host, path, query }: Target): string {
  return `uri:${host}${path}${query === undefined ? '' : `?${query}`}`;
}

/** The tag that everything carries which a target leads to, by the key of its rule. */
export function tagByKey(key: ForwardRule['key'], target: Target): string {
  const { host, path, query = '' } = target;
  return key.isPlain ? uriTag(target) : `uri:${key.urlOf(host, path, query)}`;
}

/**
 * The tags of everything that is kept of a target, by whatever rule: of what its rule counts of it, as many
 * targets may have led to the same, and of all of it, as another method may have another rule.
 */
export function tagsOfTarget({ table }: RuleSet, target: Target): readonly string[] {
  const rule = table.find('GET', target.host, target.path);
  const whole = uriTag(target);
  const own = rule?.deny === undefined && rule !== undefined ? tagByKey(rule.key, target) : whole;
  return own === whole ? [whole] : [own, whole];
}
