import type { StandardSchemaV1 } from '@standard-schema/spec';
import { InvalidParametersError } from './invalid-parameters.error.js';
import type { RawParameters } from './request-parameters.js';

/** Most problems that one answer names. */
const MAX_PROBLEMS = 10;

/**
 * Validates by any Standard Schema.
 *
 * @throws {InvalidParametersError} naming the parameters that do not fit.
 */
export async function validateParameters<S extends StandardSchemaV1>(
  schema: S,
  parameters: RawParameters,
): Promise<StandardSchemaV1.InferOutput<S>> {
  let result = schema['~standard'].validate(parameters);
  if (result instanceof Promise) result = await result;
  if (!result.issues) return result.value;
  throw new InvalidParametersError(
    result.issues.slice(0, MAX_PROBLEMS).map(({ path, message }) => {
      const name = (path ?? []).map((step) => String(typeof step === 'object' ? step.key : step));
      return name.length === 0 ? message : `${name.join('.')}: ${message}`;
    }),
  );
}
