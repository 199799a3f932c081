/** Injection token of the environment that routes' `backend` functions get. */
export const ROUTES_ENVIRONMENT = 'breakwater:routes-environment';

/** Injection token of the paths of one feature on which other methods than GET and HEAD are refused. */
export const REFUSING_PATHS = 'breakwater:routes-refusing';
