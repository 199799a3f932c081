import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** A file that the page is made of. */
export interface DocsFile {
  readonly type: string;
  readonly body: Buffer;
}

/** Everything comes from the service itself; Swagger UI sets styles on elements, and has images in its own. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The page, with the policy that it is sent with. @param root where the service is, seen from the page */
export function docsPage(root: '.' | '..'): { readonly html: Buffer; readonly policy: string } {
  const html = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Breakwater: the HTTP API</title>
    <link rel="stylesheet" href="${root}/docs/swagger-ui.css" />
    <link rel="icon" href="data:," />
  </head>
  <body>
    <main id="api"></main>
    <noscript>The document is at <a href="${root}/openapi.json">openapi.json</a>.</noscript>
    <script src="${root}/docs/swagger-ui-bundle.js"></script>
    <script src="${root}/docs/start.js" data-root="${root}"></script>
  </body>
</html>
`;
  return { html: Buffer.from(html), policy: POLICY };
}

/** No address comes from the page's own query: a link must not show another's document here. */
const START = `SwaggerUIBundle({
  url: document.currentScript.dataset.root + '/openapi.json',
  dom_id: '#api',
  deepLinking: true,
  queryConfigEnabled: false,
  validatorUrl: null,
});
`;

const TYPES: Readonly<Record<string, string>> = {
  'start.js': 'text/javascript; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'swagger-ui.css': 'text/css; charset=utf-8',
};

/** Read when first asked for; from then on one buffer is for everybody, however slowly they read. */
const files = new Map<string, Promise<Buffer>>();

/** A file of the page; `undefined` for any other name, and where Swagger UI is not installed. */
export async function docsFile(name: string): Promise<DocsFile | undefined> {
  const type = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
  if (type === undefined) return undefined;
  if (name === 'start.js') return { type, body: Buffer.from(START) };
  let body = files.get(name);
  if (body === undefined) {
    body = read(name);
    files.set(name, body);
    body.catch(() => files.delete(name));
  }
  try {
    return { type, body: await body };
  } catch {
    return undefined;
  }
}

/**
 * Swagger UI stands beside the command, which has this file inside. Elsewhere it comes with
 * `@nestjs/swagger`, which finds it wherever a package manager has put it.
 */
async function read(name: string): Promise<Buffer> {
  const beside = await readFile(new URL(`./swagger-ui/${name}`, import.meta.url)).catch(
    () => undefined,
  );
  if (beside !== undefined) return beside;
  const swagger = createRequire(import.meta.url).resolve('@nestjs/swagger');
  const ui = createRequire(swagger).resolve('swagger-ui-dist/package.json');
  return readFile(join(dirname(ui), name));
}
