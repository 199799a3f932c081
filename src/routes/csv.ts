import { z } from 'zod';
import { sorted } from './sorted.js';

/**
 * Schema of a comma-separated parameter, given once or repeated: trimmed, without empty items,
 * sorted and deduplicated; `undefined` when nothing is left.
 */
export function csv() {
  return z.union([z.string(), z.array(z.string())]).transform((value) => {
    const items = [value]
      .flat()
      .flatMap((text) => text.split(','))
      .map((item) => item.trim())
      .filter((item) => item !== '');
    return items.length === 0 ? undefined : sorted(items);
  });
}
