import DataLoader from 'dataloader';

/** Its promises stay until they are cleared: it is made for one request, and has no TTL. @type {import('./cache.mjs').OpenCache} */
export function open({ load }) {
  const loader = new DataLoader((keys) => Promise.all(keys.map((key) => load(key))));
  return { ask: (key) => loader.load(key) };
}
