import type { FactoryProvider, InjectionToken } from '@nestjs/common';

/**
 * Stands where a module's options are, until `forRoot()` or `forRootAsync()` provides them: who imports the
 * class alone has made no call, and Nest's own message would speak of a dependency inside the module.
 *
 * @param token under which the options are provided
 * @param name of the module
 * @param options that `forRoot()` cannot do without, as one writes them
 */
export function refuseBareImport(
  token: InjectionToken,
  name: string,
  options = '',
): FactoryProvider<never> {
  return {
    provide: token,
    useFactory: () => {
      throw new Error(
        `${name} is imported without a call: import ${name}.forRoot(${options}) or ` +
          `${name}.forRootAsync() once, in the root module, and not the class itself`,
      );
    },
  };
}
