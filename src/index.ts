export * from './circuit-breaker/index.js';
export * from './clock/index.js';
export * from './coalescing/index.js';
