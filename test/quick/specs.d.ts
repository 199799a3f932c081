/** See `specs.js`: the paths of the quick specs, and of each other one the reason. */
export function sortSpecs(): { quick: string[]; leftOut: Map<string, string> };
