/** `node:diagnostics_channel` on which each call of a backend is told, as a `BackendCallEvent`. */
export const BACKEND_CHANNEL = 'breakwater:backend';
