export { ApiDocument } from './api-document.js';
export { OpenApiModule } from './openapi.module.js';
