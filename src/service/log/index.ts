export { boundOutput } from './bound-output.js';
export { RequestLine } from './request-line.js';
export { ServiceLogger } from './service.logger.js';
