import { leaseScript } from './lease-script.js';

/** KEYS fence of a tag. Answers its token, 0 where there is none, or -1 for one that cannot be read. */
export const TAG_FENCE = leaseScript(
  'tag-fence',
  `
local fence = redis.call('GET', KEYS[1])
if not fence then return 0 end
local token = string.find(fence, '^%d+$') and tonumber(fence) or -1
return isToken(token) and token or -1
`,
);
