export { copyMetadata } from './copy-metadata.js';
