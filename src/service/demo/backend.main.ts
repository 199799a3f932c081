import * as z from 'zod';
import { processEnvironment } from '../config/index.js';
import { SimulatedBackend } from './simulated-backend.js';

const { DEMO_BACKEND_PORT, DEMO_BACKEND_DELAY_MS } = z
  .object({
    DEMO_BACKEND_PORT: z.coerce.number().int().min(0).max(65_535).default(3_001),
    DEMO_BACKEND_DELAY_MS: z.coerce.number().int().min(0).default(500),
  })
  .parse(processEnvironment());

const backend = new SimulatedBackend({ delayMs: DEMO_BACKEND_DELAY_MS });
const port = await backend.listen(DEMO_BACKEND_PORT).catch((error: unknown) => {
  process.stderr.write(`The simulated backend cannot listen: ${(error as Error).message}\n`);
  process.exit(1);
});
process.stdout.write(
  `Simulated backend on port ${port}, ${DEMO_BACKEND_DELAY_MS} ms a call. ` +
    'POST /fail and /heal switch it, GET /calls counts.\n',
);
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    void backend.close();
  });
}
