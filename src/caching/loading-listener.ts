/** Who hears of what becomes of a loading. */
export interface LoadingListener {
  /** The loader has failed, and that was taken into account. */
  failed(): void;
  /** The call is made by a right that all processes know by this version. */
  led(version: number): void;
}
