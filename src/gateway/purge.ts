import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Logger } from '@nestjs/common';
import type { InvalidateOptions } from '../caching/index.js';
import { LogEvent } from '../ground/index.js';
import { rawResponse } from '../http/index.js';
import type { AdapterResponse } from '../http/index.js';
import { itemsOf, valueOf } from '../http-cache/index.js';
import type { Fields } from '../http-cache/index.js';
import { TrustedProxies } from './client-address.js';
import type { Client } from './client-address.js';
import { deliverOwn } from './deliver.js';
import type { PurgeRule } from './rules/index.js';

/** How a token is shown (RFC 6750, section 2.1). */
const BEARER = /^Bearer +([\x21-\x7e]{1,1024})$/i;

/** Where the tags stand that are to be purged in place of a target. */
const TAGS = 'surrogate-key';

const NO_STORE = ['Cache-Control', 'no-store'];

/** What everybody may ask for. */
const FORWARDED = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

/** Drops what has a tag, here and in the tiers that others share. */
interface Tagged {
  invalidateTag(tag: string, options?: InvalidateOptions): Promise<boolean>;
}

/** Lets those purge who may: by where they come from, by the token that they show, or by both. */
export class Purging {
  private readonly from: TrustedProxies | undefined;
  private readonly logger = new Logger('Gateway');

  constructor(
    private readonly rule: PurgeRule,
    private readonly caching: Tagged,
  ) {
    const { from } = rule;
    this.from = from.length === 0 ? undefined : new TrustedProxies(from, 'purge.from');
  }

  /** Whether a request is to purge: such a one is never forwarded. */
  isMeant(method: string): boolean {
    return this.rule.methods.has(method);
  }

  /**
   * Purges the target, or what has the tags in `Surrogate-Key`, and answers by 204; with `Soft: 1` it stays as
   * stale. Who may not is told by 405, as if there were no such method.
   *
   * @param target tags of the request's own target
   */
  async answer(
    to: AdapterResponse,
    target: readonly string[],
    fields: Fields,
    client: Client,
  ): Promise<void> {
    const response = rawResponse(to);
    response.req.resume();
    if (!(await this.isAllowed(fields, client))) {
      deliverOwn(to, 405, { error: 'method not allowed' }, ['Allow', FORWARDED, ...NO_STORE]);
      return;
    }
    const tags = itemsOf(fields, TAGS).flatMap((item) => item.split(/[ \t]+/));
    const how = { soft: valueOf(fields, 'soft') === '1' };
    const purged = tags.length === 0 ? target : tags;
    await Promise.all(purged.map((tag) => this.caching.invalidateTag(tag, how)));
    response.writeHead(204, NO_STORE);
    response.end();
  }

  private async isAllowed(fields: Fields, { address }: Client): Promise<boolean> {
    return (this.from?.includes(address) ?? true) && (await this.showsToken(fields));
  }

  /** The file is read each time: a token is replaced without a start. */
  private async showsToken(fields: Fields): Promise<boolean> {
    const { tokenFile } = this.rule;
    if (tokenFile === undefined) return true;
    const [, shown] = BEARER.exec(valueOf(fields, 'authorization') ?? '') ?? [];
    if (shown === undefined) return false;
    try {
      const token = (await readFile(tokenFile, 'utf8')).trim();
      return token !== '' && timingSafeEqual(digestOf(token), digestOf(shown));
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? String(error);
      const words = `Nobody can purge: ${tokenFile} cannot be read: ${reason}`;
      this.logger.warn(new LogEvent('purge.no-token', words, { file: tokenFile, reason }));
      return false;
    }
  }
}

/** Of one length, whatever that of the text is. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
