import { leaseScript } from './lease-script.js';

/** KEYS fence of a tag. Answers its token, or 0. */
export const TAG_FENCE = leaseScript(
  'tag-fence',
  `
return tokenOf(redis.call('GET', KEYS[1]))
`,
);
