import type { ServerResponse } from 'node:http';
import type { CachingService } from '../caching/index.js';
import { linesOf } from '../http-cache/index.js';
import type { Fields } from '../http-cache/index.js';
import type { Asked } from './asked.js';
import { referredTarget } from './asked-target.js';
import type { AskedTarget } from './asked-target.js';
import type { RuleSet } from './rules/index.js';
import { tagsOfTarget } from './uri-tags.js';

/** Methods that change nothing at the backend (RFC 9110, section 9.2.1). */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** An answer that says that something has changed outdates what was kept of it (RFC 9111, section 4.4). */
export class Invalidation {
  /** @param rules those that are used now */
  constructor(
    private readonly caching: Pick<CachingService, 'invalidateTag'>,
    private readonly rules: () => RuleSet,
  ) {}

  /** Hears of the answer to a request when its head is written. */
  watch(asked: Asked): void {
    if (SAFE.has(asked.method)) return;
    const { response } = asked;
    const writeHead = response.writeHead.bind(response) as (...passed: unknown[]) => ServerResponse;
    response.writeHead = (...passed: unknown[]) => {
      const [status] = passed as [number];
      this.answered(asked, status, passed.at(-1) as Fields);
      return writeHead(...passed);
    };
  }

  /** Drops what is kept of the target, and of what the answer says it has changed beside it (I1). */
  answered(asked: Asked, status: number, fields: Fields): void {
    if (SAFE.has(asked.method) || status < 200 || status >= 400) return;
    this.drop(asked.target);
    for (const name of ['location', 'content-location']) {
      for (const line of linesOf(fields, name)) {
        const other = referredTarget(line, asked);
        if (other !== undefined) this.drop(other);
      }
    }
  }

  private drop(target: AskedTarget): void {
    for (const tag of tagsOfTarget(this.rules(), target)) void this.caching.invalidateTag(tag);
  }
}
