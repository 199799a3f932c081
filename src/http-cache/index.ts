export { closingQuote, endToEnd, itemsOf, linesOf, trimmed, valueOf, without } from './fields.js';
export type { Fields, Head } from './fields.js';
