import { Injectable } from '@nestjs/common';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { tap } from 'rxjs';
import type { Observable } from 'rxjs';
import { Usage } from './usage.js';

interface TenantRequest {
  readonly params: { readonly tenant: string };
}

/** Counts what was answered, whoever answered it. */
@Injectable()
export class UsageInterceptor implements NestInterceptor {
  constructor(private readonly usage: Usage) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { tenant } = context.switchToHttp().getRequest<TenantRequest>().params;
    return next.handle().pipe(
      tap(() => {
        this.usage.count(tenant);
      }),
    );
  }
}
