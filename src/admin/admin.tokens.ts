/** Injection token of the options of the `AdminModule`, as its builder provides them. */
export const ADMIN_OPTIONS = 'AdminModule.forRoot()';

/** Injection token of the guard that stands in place of the token. */
export const ADMIN_GUARD = 'breakwater:admin:guard';
