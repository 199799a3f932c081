/** Injection token of the environment that routes' `backend` functions get. */
export const ROUTES_ENVIRONMENT = 'breakwater:routes-environment';
