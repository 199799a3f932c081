/**
 * Whether a channel has a hash tag. In a cluster such a channel lives on the server of that tag, where
 * its subscribers can be counted; every other channel is heard on all servers, and counted on none.
 */
export function isShardChannel(channel: string): boolean {
  return /^[^{]*\{[^}]+\}/.test(channel);
}
