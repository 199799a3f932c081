export { Counter, gate } from './barriers.js';
export type { Gate } from './barriers.js';
export { ScriptedBackend } from './scripted-backend.js';
export type { ScriptedAnswer, ScriptedRequest } from './scripted-backend.js';
