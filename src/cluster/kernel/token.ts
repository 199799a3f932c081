/** Beyond every token: the store's time in microseconds gets there in 2112, and sums stay exact. */
const MAX_TOKEN = 2 ** 52;

/**
 * Whether a number can be a token or an epoch: the store's time in microseconds, or little more. One
 * that was damaged and is taken for one would be ahead of everything that comes after it.
 */
export function isToken(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < MAX_TOKEN;
}
