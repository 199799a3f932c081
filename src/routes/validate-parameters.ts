import type { StandardSchemaV1 } from '@standard-schema/spec';
import { InvalidParametersError } from './invalid-parameters.error.js';
import type { RawParameters } from './request-parameters.js';

/** Most problems that one answer names. */
const MAX_PROBLEMS = 10;

/**
 * Validates by any Standard Schema; at once, where the schema does.
 *
 * @throws {InvalidParametersError} naming the parameters that do not fit.
 */
export function validateParameters<S extends StandardSchemaV1>(
  schema: S,
  parameters: RawParameters,
): StandardSchemaV1.InferOutput<S> | Promise<StandardSchemaV1.InferOutput<S>> {
  const result = schema['~standard'].validate(parameters);
  return result instanceof Promise ? result.then(validOf) : validOf(result);
}

function validOf<T>(result: StandardSchemaV1.Result<T>): T {
  if (!result.issues) return result.value;
  throw new InvalidParametersError(
    result.issues.slice(0, MAX_PROBLEMS).map(({ path, message }) => {
      const name = (path ?? []).map((step) => String(typeof step === 'object' ? step.key : step));
      return name.length === 0 ? message : `${name.join('.')}: ${message}`;
    }),
  );
}
