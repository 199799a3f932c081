// What a body holds of memory while it arrives, beyond its own bytes: pieces are views of buffers that hold
// far more, as a parser gives them.
import { loadBuilt } from '../built.mjs';
import { liveBytes } from '../meters/heap.mjs';

const SIZES = [1, 3, 100, 5_000, 9_000, 40_000];

/** Objects of a body that has hardly any bytes. */
const ROOM_BYTES = 2 ** 18;

/** The largest multiple of what a body counts. */
export async function body() {
  const { BodyPieces } = await loadBuilt('backend/exchange.js');
  let most = 0;
  for (const size of SIZES) {
    const total = Math.min(2 ** 21, 10_000 * size);
    const before = await liveBytes();
    const body = new BodyPieces();
    for (let n = 0; n < total; n += size) {
      // Each with memory of its own, which nobody has to fill.
      body.add(Buffer.allocUnsafeSlow(65_536).subarray(7, 7 + size));
    }
    const held = (await liveBytes()) - before - ROOM_BYTES;
    most = Math.max(most, held / body.length);
  }
  return most;
}
