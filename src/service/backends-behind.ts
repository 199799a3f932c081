import type { INestApplicationContext } from '@nestjs/common';
import type { RuleReport } from '../gateway/index.js';
import { hasGateway } from './app.module.js';
import type { Settings } from './config/index.js';

/** More of them a line does not name. */
const MAX_NAMED = 5;

type Asked = Pick<Settings, 'BACKEND_URL' | 'PROXY_TO' | 'PROXY_RULES' | 'PROXY_OWN_ROUTES'>;

/**
 * Base URLs that requests go to: with a gateway those of its rules, in their order, and that of the service's
 * own endpoints only where these are in front as well.
 */
export function backendsBehind(
  settings: Asked,
  rules: readonly Pick<RuleReport, 'backend'>[],
): readonly string[] {
  const { BACKEND_URL, PROXY_OWN_ROUTES } = settings;
  if (!hasGateway(settings)) return [BACKEND_URL];
  const own = PROXY_OWN_ROUTES === 'all' ? [BACKEND_URL] : [];
  return [...new Set([...rules.flatMap(({ backend }) => backend?.urls ?? []), ...own])];
}

/** {@link backendsBehind} in words, of which there are few however many backends there are. */
export function inFrontOf(backends: readonly string[]): string {
  if (backends.length === 0) return 'in front of no backend';
  const named = backends.slice(0, MAX_NAMED).join(', ');
  const left = backends.length - MAX_NAMED;
  return `in front of ${named}${left > 0 ? ` and ${left} more` : ''}`;
}

/** The rules that a service's gateway has now; none where it has no gateway. */
export async function rulesOfGateway(
  app: INestApplicationContext,
  settings: Asked,
): Promise<readonly RuleReport[]> {
  if (!hasGateway(settings)) return [];
  const { GatewayService } = await import('../gateway/index.js');
  return app.get(GatewayService).insight.rules();
}
