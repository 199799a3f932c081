/** Name of the cache that the node's values are in. */
export const FORWARDING_CACHE = 'forwarding';
