// `KERNEL=coalescing npx stryker run --mutate 'src/coalescing/kernel/**/*.ts'` mutates one kernel and
// loads its specs alone; without KERNEL those of all kernels are loaded. `http-cache` is a kernel as a whole.
import { existsSync, readdirSync } from 'node:fs';

const src = new URL('../src/', import.meta.url);
const folders = process.env.KERNEL ? [process.env.KERNEL] : readdirSync(src);

for (const folder of folders) {
  const kernel = new URL(folder === 'http-cache' ? `${folder}/` : `${folder}/kernel/`, src);
  if (!existsSync(kernel)) continue;
  for (const file of readdirSync(kernel, { recursive: true }).sort()) {
    if (/(?<!\.property)\.spec\.ts$/.test(file)) await import(new URL(file, kernel).href);
  }
}
