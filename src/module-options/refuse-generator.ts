/**
 * Refuses a generator where one result is to be shared or judged: it has done nothing when it returns,
 * and its items go to one reader alone.
 *
 * @param decorator such as `@Coalesce()`
 * @throws TypeError that says what to write instead
 */
export function refuseGenerator(method: unknown, decorator: string, label: string): void {
  const tag: unknown = (method as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  if (tag !== 'AsyncGeneratorFunction' && tag !== 'GeneratorFunction') return;
  throw new TypeError(
    `${decorator} is for methods that return one result, and ${label} is a generator, which has done ` +
      'nothing when it returns: decorate a method that collects its items, such as ' +
      'async all() { const items = []; for await (const item of this.items()) items.push(item); return items; }',
  );
}
