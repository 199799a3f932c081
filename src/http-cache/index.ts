export { closingQuote, endToEnd, itemsOf, linesOf, trimmed, valueOf, without } from './fields.js';
export type { Fields, Head } from './fields.js';
export { authorityOf, literalSegment, normalHost, normalTarget } from './request-target.js';
export type { BadTarget, NormalTarget } from './request-target.js';
