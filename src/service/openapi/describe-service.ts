import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { INestApplication } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { ADMIN_PATHS, ADMIN_RESPONSES, ADMIN_SECURITY } from './admin-operations.js';
import { ADMIN_SCHEMAS } from './admin-schemas.js';
import { COMMON_RESPONSES, HEADERS, RESPONSES, SCHEMAS, header } from './common-answers.js';
import type { Response, Responses } from './common-answers.js';
import { SETTINGS } from '../config/index.js';
import type { Settings } from '../config/index.js';
import { OPERATIONS, TAGS } from './operations.js';
import type { Operation } from './operations.js';

const DESCRIPTION = `Request coalescing, collapsed forwarding with a cache, and circuit breaking, in front of one backend.

Every route answers HEAD as GET, without the body. Every answer has an \`X-Request-Id\`. What is no route gets a 404 with a JSON body. With \`CORS_ORIGIN\` set, answers carry \`Access-Control-Allow-Origin\`, and browsers may read the headers described here.`;

/** What is said besides, where the service stands in front of an API. */
const IN_FRONT = `The service stands in front of another API: whatever has none of the paths described here is answered by its gateway, by the rules and by the answers of that API, which describes itself.`;

/** Paths that are parts of a page and no API. */
const PARTS_OF_PAGES = ['/docs/{file}'];

/**
 * The OpenAPI document of a service: its routes as `@nestjs/swagger` finds them, with what
 * {@link OPERATIONS} says of each, and what is true of all of them.
 *
 * @throws Error where something is said of a route that the service does not have
 */
export function describeService(app: INestApplication): OpenAPIObject {
  const { PROXY_TO, PROXY_RULES } = app.get<Settings>(SETTINGS);
  const isInFront = PROXY_TO !== undefined || PROXY_RULES !== undefined;
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.1')
    .setTitle('Breakwater')
    .setDescription(isInFront ? `${DESCRIPTION}\n\n${IN_FRONT}` : DESCRIPTION)
    // Of the HTTP API: it changes when a client has to.
    .setVersion('1')
    .setLicense('MIT', 'https://spdx.org/licenses/MIT.html')
    .addServer('/')
    .build();
  const document = SwaggerModule.createDocument(app, config);
  for (const path of PARTS_OF_PAGES) Reflect.deleteProperty(document.paths, path);
  const operators = describeOperators(app, document);
  for (const [path, operation] of Object.entries(OPERATIONS)) describe(document, path, operation);
  for (const { get, post } of Object.values(document.paths)) {
    for (const each of [get, post]) if (each) addWhatIsCommon(each.responses as Responses);
  }
  delete document.info.contact;
  const used = new Set(Object.values(document.paths).flatMap(({ get }) => get?.tags ?? []));
  document.tags = TAGS.filter(({ name }) => used.has(name));
  document.components = {
    schemas: { ...SCHEMAS, ...(operators && ADMIN_SCHEMAS) },
    headers: HEADERS,
    responses: { ...RESPONSES, ...(operators && ADMIN_RESPONSES) } as Described,
    ...(operators && { securitySchemes: ADMIN_SECURITY }),
  };
  return document;
}

type Described = NonNullable<NonNullable<OpenAPIObject['components']>['responses']>;

/** Below this the operator's API looks up by itself what it is asked for: Nest knows nothing of it. */
const ADMIN = /^\/admin(\/|$)/;

/**
 * Puts the operator's API in place of what Nest knows of it, and leaves out what is on the port of operators
 * alone. Whether the API is on the public one.
 */
function describeOperators(app: INestApplication, { paths }: OpenAPIObject): boolean {
  const { ADMIN_TOKEN, ADMIN_PORT } = app.get<Settings>(SETTINGS);
  for (const path of Object.keys(paths)) {
    const isElsewhere = ADMIN_PORT !== undefined && path === '/metrics';
    if (isElsewhere || ADMIN.test(path)) Reflect.deleteProperty(paths, path);
  }
  const isPublic = ADMIN_TOKEN !== undefined && ADMIN_PORT === undefined;
  // A copy: what is common is added to it.
  if (isPublic) Object.assign(paths, structuredClone(ADMIN_PATHS));
  return isPublic;
}

function describe({ paths }: OpenAPIObject, path: string, operation: Operation): void {
  const found = paths[path]?.get;
  const { isOptional = false, ...said } = operation;
  if (!found && isOptional) return;
  if (!found) throw new Error(`The service has no ${path} to describe`);
  const { responses, parameters = found.parameters ?? [], ...rest } = said;
  const merged: Responses = { ...(found.responses as Responses) };
  for (const [status, response] of Object.entries(responses)) {
    merged[status] = { ...merged[status], ...response };
  }
  const described = parameters.map((parameter) => {
    const name = 'name' in parameter ? parameter.name : '';
    const known = found.parameters?.find((each) => 'name' in each && each.name === name);
    return { ...known, ...parameter };
  });
  Object.assign(found, rest, { parameters: described, responses: merged });
}

/** What every route may answer, and the id that every answer has. */
function addWhatIsCommon(responses: Responses): void {
  for (const response of Object.values(responses)) {
    if ('$ref' in response) continue;
    response.headers = { 'X-Request-Id': header('X-Request-Id'), ...response.headers };
  }
  for (const [status, response] of Object.entries(COMMON_RESPONSES))
    responses[status] ??= response as Response;
}
