import type { DynamicModule, FactoryProvider, InjectionToken } from '@nestjs/common';

/**
 * `module`, as `forRootAsync` made it, with a check that its factory gives options: one without a
 * `return` gives none, and the module would start with defaults that nobody asked for.
 *
 * @param token under which the options are provided
 * @param name of the module, for the message
 */
export function checkOptions(
  module: DynamicModule,
  token: InjectionToken,
  name: string,
): DynamicModule {
  const providers = (module.providers ?? []).map((provider) => {
    if (typeof provider === 'function' || provider.provide !== token) return provider;
    if (!('useFactory' in provider)) return provider;
    const { useFactory } = provider as FactoryProvider<unknown>;
    const checked = async (...args: unknown[]): Promise<unknown> => {
      const options: unknown = await useFactory(...(args as never[]));
      if (typeof options === 'object' && options !== null) return options;
      throw new TypeError(
        `${name}.forRootAsync() got ${String(options)} from its factory instead of options: return an ` +
          'object, or {} for the defaults. A function whose body stands in braces needs "return"',
      );
    };
    return { ...provider, useFactory: checked };
  });
  return { ...module, providers };
}
