export { copyMetadata } from './copy-metadata.js';
export { MethodDecoration } from './decorated-methods.js';
export type {
  AsyncMethod,
  AsyncMethodDecorator,
  DecoratedHost,
  DecoratedMethod,
} from './decorated-methods.js';
