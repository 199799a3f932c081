// As much of SVG as a plot takes.

const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** @param {string} text */
function escape(text) {
  return text.replaceAll(/[&<>"]/g, (character) => ESCAPES[character]);
}

/**
 * An element with what is in it.
 *
 * @param {string} name
 * @param {Readonly<Record<string, string | number>>} attributes
 * @param {...string} content markup
 */
export function element(name, attributes, ...content) {
  const written = Object.entries(attributes).map(([key, value]) => {
    const text = typeof value === 'number' ? String(Math.round(value * 10) / 10) : value;
    return ` ${key}="${escape(text)}"`;
  });
  const open = `<${name}${written.join('')}`;
  return content.length === 0 ? `${open}/>` : `${open}>${content.join('')}</${name}>`;
}

/** @param {number} x @param {number} y @param {string} className @param {string} words */
export function text(x, y, className, words) {
  return element('text', { x, y, class: className }, escape(words));
}

/** @param {number} x @param {number} y @param {number} width @param {number} height @param {string} className */
export function bar(x, y, width, height, className) {
  return element('rect', { x, y, width, height, rx: 1.5, class: className });
}

/** @param {number} x @param {number} from @param {number} to @param {string} className */
export function verticalLine(x, from, to, className) {
  return element('line', { x1: x, x2: x, y1: from, y2: to, class: className });
}

/** `words`, cut where they would be wider than `width` in letters of `size`. @param {string} words @param {number} width @param {number} size */
export function fitting(words, width, size) {
  // Wider than letters are in the mean: what overlaps is worse than what is cut.
  const most = Math.floor(width / (size * 0.57));
  return words.length <= most ? words : `${words.slice(0, most - 1).trimEnd()}…`;
}
