/**
 * Injection token of what tells which route a request would come to, and what would become of it: the
 * `RoutesModule` has it, and who asks need not load that.
 */
export const ROUTE_EXPLAINER = 'breakwater:routes:explainer';
