import { decodedPath, pathOfTarget } from '../http/index.js';
import type { Settings } from './config/index.js';

/** What orchestrators and operators ask, in any case and with whatever behind it. */
const ALWAYS_OWN = /^\/(?:health|metrics|admin)(?:\/|$)/i;

/** The other endpoints of the service: exactly these, all else below is the API's. */
const OWN = /^\/(?:api\/data\/[^/]+|api\/resource|products|openapi\.json|docs)\/?$/i;

/** Whether a target is one of the service's own endpoints, where it stands in front of an API. */
export function isOwnPath(target: string, own: Settings['PROXY_OWN_ROUTES']): boolean {
  const path = pathOfTarget(target);
  const decoded = decodedPath(path);
  if (ALWAYS_OWN.test(path) || ALWAYS_OWN.test(decoded)) return true;
  return own === 'all' && (OWN.test(path) || OWN.test(decoded));
}
