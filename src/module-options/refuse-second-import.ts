import type { Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';

/**
 * Refuses a module that is imported in several ways: each would have a registry of its own.
 *
 * @throws Error that says what to write instead
 */
export function refuseSecondImport(modules: ModulesContainer, module: Type, features = true): void {
  const imported = [...modules.values()].filter(({ metatype }) => metatype === module);
  if (imported.length < 2) return;
  throw new Error(
    `${module.name} is imported in ${imported.length} different ways: import forRoot() or ` +
      `forRootAsync() once, in the root module${features ? ', and forFeature() elsewhere' : ''}`,
  );
}
