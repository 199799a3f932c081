export { BoundedMap } from './bounded-map.js';
export { LinkedSet } from './linked-set.js';
export type { Place } from './linked-set.js';
