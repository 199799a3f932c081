import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Inject, Injectable, Optional } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { firstValueFrom, isObservable } from 'rxjs';
import { AdminRefusal, rawRequest } from './admin-exchange.js';
import type { AdminRequest } from './admin-exchange.js';
import { AdminLog, actorOf } from './admin-log.js';
import { ADMIN_GUARD, ADMIN_OPTIONS } from './admin.tokens.js';
import type { AdminModuleOptions } from './admin.options.js';

/** How a token is shown (RFC 6750, section 2.1). */
const BEARER = /^Bearer +([\x21-\x7e]{1,1024})$/i;

const CHALLENGE = 'Bearer realm="breakwater"';

/**
 * Lets in who shows the token, or whom the application's own guard lets in; and nobody on behalf of another
 * site, whoever the browser says that it is. Cookies count for nothing.
 */
@Injectable()
export class AdminGuard implements CanActivate {
  private readonly expected: Buffer | undefined;

  constructor(
    @Inject(ADMIN_OPTIONS) { token }: AdminModuleOptions,
    private readonly log: AdminLog,
    @Optional() @Inject(ADMIN_GUARD) private readonly own?: CanActivate,
  ) {
    this.expected = token === undefined ? undefined : digestOf(token);
  }

  /** @throws {@link AdminRefusal} by 401 or 403 */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = rawRequest(context.switchToHttp().getRequest<AdminRequest>());
    if (isCrossSite(request)) throw this.refusal(request, 403, 'a request from another site');
    if (this.own !== undefined) return this.asks(this.own, context, request);
    const { authorization } = request.headers;
    if (authorization === undefined) {
      throw this.refusal(request, 401, 'a token is needed', { 'WWW-Authenticate': CHALLENGE });
    }
    if (!this.isToken(authorization)) {
      const challenge = `${CHALLENGE}, error="invalid_token"`;
      throw this.refusal(request, 401, 'not the token', { 'WWW-Authenticate': challenge });
    }
    return true;
  }

  private async asks(
    guard: CanActivate,
    context: ExecutionContext,
    request: IncomingMessage,
  ): Promise<boolean> {
    const answer = guard.canActivate(context);
    const isLetIn = await (isObservable(answer) ? firstValueFrom(answer) : answer);
    if (!isLetIn) throw this.refusal(request, 403, 'the guard has said no');
    return true;
  }

  /** The digests have one length, so that the comparison tells nothing of either token. */
  private isToken(authorization: string): boolean {
    const shown = BEARER.exec(authorization)?.[1];
    if (shown === undefined || this.expected === undefined) return false;
    return timingSafeEqual(digestOf(shown), this.expected);
  }

  private refusal(
    request: IncomingMessage,
    status: number,
    reason: string,
    fields?: Readonly<Record<string, string>>,
  ): AdminRefusal {
    this.log.refused(reason, actorOf(request));
    return new AdminRefusal(status, reason, fields);
  }
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/**
 * Whether a browser sends the request on behalf of a page of another origin: by `Sec-Fetch-Site`, or where
 * there is none, by an `Origin` that is not the host asked. What is no browser sends neither.
 */
export function isCrossSite({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const { origin, host } = headers;
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host?.toLowerCase();
}
