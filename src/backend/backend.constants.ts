/** Injection token of the {@link BackendOptions}. */
export const BACKEND_OPTIONS = 'breakwater:backend-options';

/** Injection token of the connection pool to the backend. */
export const BACKEND_POOL = 'breakwater:backend-pool';
