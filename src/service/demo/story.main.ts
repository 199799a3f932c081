import type { AddressInfo } from 'node:net';
import { createService } from '../create-service.js';
import { SimulatedBackend } from './simulated-backend.js';
import { tellStory } from './story.js';

const COOLDOWN_MS = 2_000;

const backend = new SimulatedBackend();
const backendPort = await backend.listen(0);
const service = await createService({
  env: {
    BACKEND_URL: `http://localhost:${backendPort}`,
    CIRCUIT_COOLDOWN_MS: String(COOLDOWN_MS),
  },
  logger: false,
});
await service.listen(0);
const { port } = service.getHttpServer().address() as AddressInfo;
try {
  await tellStory({ serviceUrl: `http://localhost:${port}`, backend, cooldownMs: COOLDOWN_MS });
} finally {
  await service.close();
  await backend.close();
}
