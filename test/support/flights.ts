import { expect } from '@jest/globals';
import type { RunningService } from './running-service.js';

/** How many flights are in progress, as `/health` shows it. */
export async function flightsOf(service: RunningService): Promise<unknown> {
  const reply = await service.get('/health');
  expect(reply.status).toBe(200);
  const { details } = JSON.parse(reply.text) as { details: { coalescing: { flights: unknown } } };
  return details.coalescing.flights;
}
