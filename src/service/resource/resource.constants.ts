/** Name of the circuit in front of the backend's resource. */
export const RESOURCE_CIRCUIT = 'resource';
