/**
 * Refuses to go on without what another module provides. Nest's own message names a class, and not what
 * to write.
 *
 * @param service injected as optional
 * @param who needs it, such as `CachingModule.forFeature() declares "products"`
 * @param name of its class
 * @param call that provides it, such as `CachingModule.forRoot()`
 * @throws Error that says which call is missing
 */
export function demandImported<Service>(
  service: Service | undefined,
  who: string,
  name: string,
  call: string,
): Service {
  if (service !== undefined) return service;
  throw new Error(
    `${who}, but finds no ${name}: import ${call} in the root module, and leave it global`,
  );
}
