import { getHeapStatistics } from 'node:v8';

/** Bytes in use when all garbage is gone: V8's own figure, and buffers outside the heap. */
export async function liveBytes() {
  // What ends in a later turn, such as weak references and finalizers, ends.
  for (let pass = 0; pass < 3; pass++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    globalThis.gc();
  }
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}
