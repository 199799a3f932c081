import { OptionReader, anObject, rule } from '../ground/index.js';
import type { HitObserver } from '../http/index.js';

/** Options of `RoutesModule.forRoot()`. */
export interface RoutesModuleOptions {
  /** What routes' `backend` functions get as their second argument, base URLs above all. @default {} */
  readonly environment?: object | undefined;

  /**
   * Whether hits in memory are answered before the framework sees the request, by the same rules. That
   * takes effect on Express, and for routes without decorators of their own, in an application whose
   * middleware does not match their path and that has no global guard, interceptor or pre-request hook:
   * nobody is passed by. An observer is told of these hits; it allows others to listen to the server's
   * requests, who do not see them.
   * @default false
   */
  readonly fastPath?: boolean | HitObserver | undefined;
}

/** Makes the options, for `forRootAsync({ useClass })` and `useExisting`. */
export interface RoutesOptionsFactory {
  createRoutesOptions(): RoutesModuleOptions | Promise<RoutesModuleOptions>;
}

export const ROUTES_MODULE_OPTIONS = new OptionReader<RoutesModuleOptions>({
  environment: anObject,
  fastPath: rule('true, false or an observer with header, idOf and answered', (value) => {
    if (typeof value === 'boolean') return true;
    const { header, idOf, answered } = Object(value) as Readonly<Record<string, unknown>>;
    return typeof header === 'string' && [idOf, answered].every((it) => typeof it === 'function');
  }),
});
