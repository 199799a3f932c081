/** Sets the wall clock of this process back. The monotonic clock and the timers go on. */
export function setWallClockBack(byMs) {
  const RealDate = Date;
  globalThis.Date = class Date extends RealDate {
    constructor(...parts) {
      if (parts.length > 0) super(...parts);
      else super(Date.now());
    }

    static now() {
      return RealDate.now() - byMs;
    }
  };
}
