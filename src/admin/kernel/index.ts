export { MovingCounts } from './moving-counts.js';
export type { CountedSeconds } from './moving-counts.js';
export { MovingTop } from './moving-top.js';
export type { Counted, MovingTopBounds } from './moving-top.js';
export { SpaceSaving } from './space-saving.js';
export type { Tally } from './space-saving.js';
