// For the tests in the documentation, which `npm run check:docs` has compiled.
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

export default {
  rootDir: join(ROOT, 'reports', 'docs'),
  testMatch: ['**/*.test.js'],
  transform: {},
  // Jest does not know that a package may import itself by its name.
  moduleNameMapper: {
    '^breakwater$': join(ROOT, 'dist', 'index.js'),
    '^breakwater/testing$': join(ROOT, 'dist', 'testing.js'),
    '^breakwater/([a-z-]+)$': join(ROOT, 'dist', '$1', 'index.js'),
  },
};
