export { ResourceModule } from './resource.module.js';
export { ResourceStateWatcher } from './resource-state.watcher.js';
