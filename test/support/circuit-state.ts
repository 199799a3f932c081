import { expect } from '@jest/globals';
import type { RunningService } from './running-service.js';

/** The state of the resource's circuit as `/health` shows it, which is 200 in every state. */
export async function circuitStateOf(service: RunningService): Promise<unknown> {
  const reply = await service.get('/health');
  expect(reply.status).toBe(200);
  const { details } = JSON.parse(reply.text) as {
    details: { circuits: { states: Record<string, unknown> } };
  };
  return details.circuits.states['resource'];
}
