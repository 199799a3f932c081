import { UNKNOWN_FAILURE, ignored } from './verdict.js';
import type { Verdict } from './verdict.js';

/*
 * What the status codes of gRPC say, by number or by name, recognised by shape: the errors of grpc-js,
 * Connect and nice-grpc, and what Nest's RpcException carries. None of them is imported.
 */

type Shape = Readonly<Record<string, unknown>>;

/** The names of the codes 0 to 16, in order. */
const NAMES = [
  ...['OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND'],
  ...[
    'ALREADY_EXISTS',
    'PERMISSION_DENIED',
    'RESOURCE_EXHAUSTED',
    'FAILED_PRECONDITION',
    'ABORTED',
  ],
  ...['OUT_OF_RANGE', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS', 'UNAUTHENTICATED'],
] as const;

type Name = (typeof NAMES)[number];

const KNOWN: ReadonlySet<unknown> = new Set<Name>(NAMES);

const VERDICTS: { readonly [Code in Name]?: Verdict } = {
  CANCELLED: ignored('aborted'),
  UNKNOWN: UNKNOWN_FAILURE,
  INTERNAL: UNKNOWN_FAILURE,
  DATA_LOSS: UNKNOWN_FAILURE,
  DEADLINE_EXCEEDED: { kind: 'failure', reason: 'timeout' },
  UNAVAILABLE: { kind: 'failure', reason: 'network' },
  RESOURCE_EXHAUSTED: { kind: 'failure', reason: 'throttled' },
};

/**
 * Verdict on the gRPC status that `error` carries.
 * @param inRpcException whether it is the content of an RpcException: then a bare number is a code
 * @param answer verdict on a code that shows the server at work
 * @returns `undefined` if it carries none
 */
export function verdictOnGrpc(
  error: Shape,
  inRpcException: boolean,
  answer: Verdict,
): Verdict | undefined {
  const { code, status } = error;
  const name =
    typeof code === 'number' ? nameOf(code, error, inRpcException) : (named(code) ?? named(status));
  return name === undefined || name === 'OK' ? undefined : (VERDICTS[name] ?? answer);
}

function named(text: unknown): Name | undefined {
  if (typeof text !== 'string') return undefined;
  // Connect writes them small.
  const name = text.toUpperCase();
  return KNOWN.has(name) ? (name as Name) : undefined;
}

/** Databases and DOMExceptions number their errors as well: a number alone is no status of gRPC. */
function nameOf(code: number, error: Shape, inRpcException: boolean): Name | undefined {
  const name = NAMES[code];
  if (name === undefined) return undefined;
  const { details, metadata, message } = error;
  const isGrpc =
    inRpcException ||
    typeof details === 'string' ||
    (typeof metadata === 'object' && metadata !== null) ||
    (typeof message === 'string' && message.startsWith(`${code} ${name}`));
  return isGrpc ? name : undefined;
}
