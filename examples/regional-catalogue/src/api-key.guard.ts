import { ForbiddenException, Injectable, UnauthorizedException } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';

/** Who may ask. An application would look them up; they are no secrets of anybody here. */
const TENANTS: ReadonlyMap<string, string> = new Map([
  ['acme-key', 'acme'],
  ['globex-key', 'globex'],
]);

/** What a guard needs of a request, whichever HTTP framework it comes from. */
interface KeyedRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly params: Readonly<Record<string, string | undefined>>;
}

/**
 * Lets in who has an API key, to what is theirs. Guards run before the cache is asked: an answer that
 * is cached is refused like any other. The key itself never gets further than here.
 */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers, params } = context.switchToHttp().getRequest<KeyedRequest>();
    const tenant = TENANTS.get(headers['x-api-key'] ?? '');
    if (tenant === undefined) throw new UnauthorizedException('an API key is needed');
    if (params['tenant'] !== undefined && params['tenant'] !== tenant) {
      throw new ForbiddenException('this is another tenant’s');
    }
    return true;
  }
}
