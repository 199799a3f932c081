/** Figures and times as people read them. */

const whole = new Intl.NumberFormat('en');
const short = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const clock = new Intl.DateTimeFormat('en', { timeStyle: 'medium', hour12: false });

/** `12,345`. */
export function count(value: number): string {
  return whole.format(value);
}

/** Of a second: `0`, `0.4`, `12.5`, `1,250`. */
export function rate(value: number): string {
  return value >= 100 ? whole.format(Math.round(value)) : short.format(value);
}

/** A share from 0 to 1, as `94.2 %`; never 100 where it is less. */
export function percent(share: number | null): string {
  if (share === null) return '–';
  const tenths = Math.floor(share * 1_000 + 1e-9) / 10;
  return `${tenths % 1 === 0 ? tenths : tenths.toFixed(1)} %`;
}

const SIZES = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `1.5 MiB`. */
export function bytes(value: number): string {
  let size = value;
  let unit = 0;
  while (size >= 1_024 && unit < SIZES.length - 1) {
    size /= 1_024;
    unit += 1;
  }
  return `${unit === 0 ? size : short.format(size)} ${SIZES[unit]}`;
}

/** `320 ms`, `4.2 s`, `3 min 5 s`, `2 h`, `5 d 3 h`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 10_000) return `${Math.floor(ms / 100) / 10} s`;
  const seconds = Math.floor(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (seconds < 60) return `${seconds} s`;
  if (minutes < 60) return both(minutes, 'min', seconds % 60, 's');
  if (hours < 48) return both(hours, 'h', minutes % 60, 'min');
  return both(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function both(large: number, unit: string, rest: number, ofRest: string): string {
  return rest === 0 ? `${large} ${unit}` : `${large} ${unit} ${rest} ${ofRest}`;
}

/** `14:03:05`, where the reader is. */
export function time(ms: number): string {
  return clock.format(ms);
}

/** `1 joiner`, `3 joiners`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** What is left out of a list, if anything. */
export function andMore(left: number): string {
  return left === 0 ? '' : `and ${count(left)} more`;
}

/** Keys that are made of parts begin with it. */
const OF_PARTS = '\u001f';

/** What would not be seen, or would turn what stands around it: controls, direction marks and the like. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A key or name, which may be a stranger's: what cannot be seen in it is written out. */
export function seen(text: string): string {
  const said = text.startsWith(OF_PARTS) ? text.slice(1) : text;
  return said.replace(
    UNSEEN,
    (sign) => `\\u${sign.codePointAt(0)?.toString(16).padStart(4, '0') ?? ''}`,
  );
}
