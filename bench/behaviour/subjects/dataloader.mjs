import { versionOf } from '../subject.mjs';

/** @type {import('../subject.mjs').CacheSubject} */
export const subject = {
  id: 'dataloader',
  name: 'dataloader',
  version: versionOf('dataloader'),
  family: 'caching',
  ours: false,
  setting: '`batch: false`, one loader for all callers; `clear()` after what must not be kept',
  lacks: {
    abort: 'callers have no signal',
    deadline: 'no time limit of its own',
    isolation: 'hands out the object itself',
    lock: 'needs no lock',
    methods: 'has no decorator for methods',
    'size-limit': 'knows no sizes',
    stale: 'its values never expire',
    tags: 'has no tags',
  },
  async make({ load, isCacheable = () => true }) {
    const { default: DataLoader } = await import('dataloader');
    const loader = new DataLoader(
      async ([key]) => {
        const value = await load(key);
        if (!isCacheable(value)) loader.clear(key);
        return [value];
      },
      { batch: false },
    );
    return { get: (key) => loader.load(key), invalidate: async (key) => loader.clear(key) };
  },
};
