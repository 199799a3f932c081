import type { OpenAPIObject } from '@nestjs/swagger';

type Components = NonNullable<OpenAPIObject['components']>;
/** Schemas by name. */
export type Schemas = NonNullable<Components['schemas']>;
/** Response headers by name. */
export type Headers = NonNullable<Components['headers']>;
/** Answers by status, or by name. */
export type Responses = Record<string, Response>;

/** An answer: what it says, its headers, and its body with examples. */
export interface Response {
  description?: string;
  headers?: Headers;
  content?: Record<string, { schema: object; examples?: Record<string, Example> }>;
}

/** An answer that is given as it stands here. */
export interface Example {
  readonly summary?: string;
  readonly value: unknown;
}

/** Headers of answers, each described once. */
export const HEADERS: Headers = {
  'X-Request-Id': {
    description:
      'The id of the request: the one that it brought, or a new one. The log has it too.',
    required: true,
    schema: { type: 'string', pattern: '^[\\w.:@+/=-]{1,128}$' },
  },
  'X-Circuit-State': {
    description: 'The state of the circuit in which the request was admitted or refused.',
    required: true,
    schema: { type: 'string', enum: ['closed', 'open', 'half-open'] },
  },
  'Retry-After': {
    description:
      'Seconds until it is worth trying again. Of a circuit: while it is open, and no longer.',
    schema: { type: 'integer', minimum: 1 },
  },
  'Cache-Status': {
    description:
      'How the answer came about (RFC 9211): `hit` with the seconds that it stays fresh, or `fwd` with the reason for asking the backend, whether others shared that call (`collapsed`) and whether the answer was kept (`stored`).',
    required: true,
    schema: { type: 'string', pattern: '^breakwater; (hit|fwd=)' },
  },
  Age: {
    description: 'Whole seconds since the backend made the answer, where it comes from the cache.',
    schema: { type: 'integer', minimum: 0 },
  },
  'X-Coalescer-Name': {
    description:
      'The coalescer that shares calls of its kind, percent-encoded. A load balancer that hashes on it brings requests of one kind together.',
    schema: { type: 'string' },
  },
  'Cache-Control': {
    description: 'Whether the answer may be kept: `no-store` on what may not.',
    schema: { type: 'string' },
  },
  ETag: { description: "The backend's own tag of the answer.", schema: { type: 'string' } },
  Allow: { description: 'The methods that there are.', required: true, schema: { type: 'string' } },
  'X-Content-Type-Options': {
    description: '`nosniff`: the answer is what its `Content-Type` says.',
    schema: { type: 'string', enum: ['nosniff'] },
  },
  'WWW-Authenticate': {
    description: 'How to show who one is.',
    required: true,
    schema: { type: 'string' },
  },
  Connection: {
    description: '`close`: the connection ends here.',
    schema: { type: 'string' },
  },
};

/** Bodies of answers, each described once. */
export const SCHEMAS: Schemas = {
  Error: {
    type: 'object',
    description: 'What went wrong, in a few words that do not tell of the inside.',
    required: ['error'],
    properties: { error: { type: 'string', minLength: 1 } },
    additionalProperties: false,
  },
  Health: {
    type: 'object',
    description:
      'The report of Terminus. `info` has what is well, `error` what is not, `details` both; by the name of each part.',
    required: ['status', 'info', 'error', 'details'],
    properties: {
      status: { type: 'string', enum: ['ok', 'error', 'shutting_down'] },
      info: { $ref: '#/components/schemas/HealthParts' },
      error: { $ref: '#/components/schemas/HealthParts' },
      details: { $ref: '#/components/schemas/HealthParts' },
    },
    additionalProperties: false,
  },
  HealthParts: {
    type: 'object',
    additionalProperties: {
      type: 'object',
      required: ['status'],
      properties: { status: { type: 'string', enum: ['up', 'down'] } },
      additionalProperties: true,
    },
  },
};

/** A reference to one of {@link HEADERS}. */
export function header(name: keyof typeof HEADERS): { $ref: string } {
  return { $ref: `#/components/headers/${name}` };
}

/** References to some of {@link HEADERS}. */
export function headers(...names: readonly (keyof typeof HEADERS)[]): Headers {
  return Object.fromEntries(names.map((name) => [name, header(name)]));
}

/** The body of an error, with an example for each of its texts, by name. */
export function errorContent(texts: Readonly<Record<string, string>>): Response['content'] {
  const examples = Object.entries(texts).map(([name, error]) => [name, { value: { error } }]);
  return {
    'application/json': {
      schema: { $ref: '#/components/schemas/Error' },
      examples: Object.fromEntries(examples) as Record<string, Example>,
    },
  };
}

/** Answers that any request may get, whatever it asks for. */
export const RESPONSES: Responses = {
  BadRequest: {
    description: 'The request is malformed, by its head, its target or its framing.',
    headers: headers('X-Request-Id', 'Connection'),
    content: errorContent({ malformed: 'bad request' }),
  },
  MethodNotAllowed: {
    description: 'The method is neither GET nor HEAD.',
    headers: headers('X-Request-Id', 'Allow'),
    content: errorContent({ post: 'method not allowed' }),
  },
  RequestTimeout: {
    description: 'The head or the body of the request took too long to come.',
    headers: headers('X-Request-Id', 'Connection'),
    content: errorContent({ slow: 'request timeout' }),
  },
  HeadTooLarge: {
    description: 'The head of the request is too large.',
    headers: headers('X-Request-Id', 'Connection'),
    content: errorContent({ large: 'request header fields too large' }),
  },
};

/** {@link RESPONSES} by status. */
export const COMMON_RESPONSES: Readonly<Record<string, { readonly $ref: string }>> = {
  400: { $ref: '#/components/responses/BadRequest' },
  405: { $ref: '#/components/responses/MethodNotAllowed' },
  408: { $ref: '#/components/responses/RequestTimeout' },
  431: { $ref: '#/components/responses/HeadTooLarge' },
};
