// The OpenAPI document in git: what the built service says at /openapi.json, checked by a linter. Without
// arguments it says whether api/openapi.json is still true; `--write` makes it anew.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, runChecks } from '../checks.mjs';
import { run } from '../processes.mjs';

const ROOT = join(import.meta.dirname, '..', '..');
const DOCUMENT = join(ROOT, 'api', 'openapi.json');
const LINTER = join(import.meta.dirname, 'node_modules', '@redocly', 'openapi-core');

const write = process.argv.includes('--write');

/** What the service has to be set to, to have all that it can have. */
const WHOLE = { ADMIN_TOKEN: 'for-the-document-alone' };

/** The document as a service makes it that has all its routes on one port. */
async function documentOfService() {
  const built = (file) => join(ROOT, 'dist', 'service', file);
  if (!existsSync(built('create-service.js'))) {
    throw new Error('There is no dist/service to ask: npm run build');
  }
  const load = (file) => import(pathToFileURL(built(file)).href);
  const { createService } = await load('create-service.js');
  const { ApiDocument } = await load('openapi/index.js');
  const app = await createService({ env: WHOLE, logger: false });
  try {
    await app.init();
    return String(await app.get(ApiDocument).json());
  } finally {
    await app.close();
  }
}

/** What the linter has to say, one line a problem. */
async function problemsOf(text) {
  if (!existsSync(LINTER)) run('npm', ['ci', '--ignore-scripts'], { cwd: import.meta.dirname });
  const { createConfig, lintFromString } = await import('@redocly/openapi-core');
  const config = await createConfig({
    extends: ['recommended-strict'],
    // What is for operators has a token; for the rest there is nothing to show who one is.
    rules: { 'security-defined': 'off' },
  });
  const problems = await lintFromString({ source: text, absoluteRef: DOCUMENT, config });
  return problems.map(
    ({ ruleId, message, location: [{ pointer } = {}] }) => `${ruleId}: ${message} at ${pointer}`,
  );
}

await runChecks('OpenAPI', async (checks) => {
  const text = await documentOfService();
  await checks.check('the document is valid OpenAPI 3.1, with examples that fit', async () => {
    const problems = await problemsOf(text);
    expect(problems.length === 0, problems.join('\n'));
  });
  if (write) writeFileSync(DOCUMENT, text);
  await checks.check('api/openapi.json is what the service says', () => {
    const known = existsSync(DOCUMENT) ? readFileSync(DOCUMENT, 'utf8') : '';
    expect(known === text, 'it is not: npm run check:openapi -- --write, and look at it');
  });
});
