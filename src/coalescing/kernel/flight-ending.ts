/** What a loader came to. */
export type Outcome =
  | { readonly as: 'value' | 'uncacheable'; readonly value: unknown }
  | { readonly as: 'error'; readonly error: unknown };

/** How a flight ends for its callers: by an outcome, or by something that happened to it. */
export type FlightEnding =
  Outcome | { readonly as: 'timeout' | 'closed' | 'abandoned'; readonly error: unknown };

/** Whether callers get a value. */
export function isValue(
  ending: FlightEnding,
): ending is Extract<FlightEnding, { readonly value: unknown }> {
  return 'value' in ending;
}
