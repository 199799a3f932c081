/** Name of the coalescer that `/api/data` shares its backend calls in. */
export const DATA_COALESCER = 'data';
