import type { Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';

/** What there is to know of a module that is imported once. */
export interface ImportedOnce {
  /** Whether it has `forFeature()`, for what it is to be imported for elsewhere. @default true */
  readonly features?: boolean;
  /** Whether modules that keep it to themselves may each have one. @default false */
  readonly privately?: boolean;
}

/**
 * Refuses a module that is imported in several ways: each would have a registry of its own, or one would
 * silently stand in for the other.
 *
 * @throws Error that says what to write instead
 */
export function refuseSecondImport(
  modules: ModulesContainer,
  module: Type,
  { features = true, privately = false }: ImportedOnce = {},
): void {
  const imported = [...modules.values()].filter(
    ({ metatype, isGlobal }) => metatype === module && (isGlobal || !privately),
  );
  if (imported.length < 2) return;
  throw new Error(
    `${module.name} is imported in ${imported.length} different ways: import forRoot() or ` +
      `forRootAsync() once, in the root module${features ? ', and forFeature() elsewhere' : ''}`,
  );
}
