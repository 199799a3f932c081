/** Gives `copy` the name of `original` and what decorators noted on it, such as routes and guards. */
export function copyMetadata(original: object, copy: object): void {
  for (const key of Reflect.getOwnMetadataKeys(original)) {
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, original), copy);
  }
  const name = Object.getOwnPropertyDescriptor(original, 'name');
  if (name) Object.defineProperty(copy, 'name', name);
}
