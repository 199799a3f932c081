/** Number of hash slots of a cluster. */
const SLOTS = 16_384;

/** What of a key decides on its server, where that is not the whole key: `{tag}`, the first. */
function hashTag(key: string): string | undefined {
  return /^[^{]*\{([^}]+)\}/.exec(key)?.[1];
}

/**
 * Whether a channel has a hash tag. In a cluster such a channel lives on the server of that tag, where
 * its subscribers can be counted; every other channel is heard on all servers, and counted on none.
 */
export function hasHashTag(channel: string): boolean {
  return hashTag(channel) !== undefined;
}

/** The slot of a key: the CRC16 of its hash tag, as the cluster specification of Redis has it. */
export function keySlot(key: string): number {
  const tag = hashTag(key) ?? key;
  let crc = 0;
  for (const byte of new TextEncoder().encode(tag)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) {
      crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
    }
  }
  return crc % SLOTS;
}
