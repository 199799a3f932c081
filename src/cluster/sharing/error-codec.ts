import { RemoteFlightError } from './remote-flight.error.js';

/** Carries errors from the process that led a flight to those that waited for it. */
export interface ErrorCodec {
  /** What others need in order to make the same error, as JSON knows it; `undefined` if they cannot. */
  encode(error: unknown): unknown;
  /** The error that {@link encode} told of. May throw on what is not its own. */
  decode(told: unknown): Error;
}

interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly code?: string | undefined;
  readonly status?: number | undefined;
}

/** Carries name, message, code and status of any error; it arrives as a {@link RemoteFlightError}. */
export const plainErrors: ErrorCodec = {
  encode(error): PlainError | undefined {
    if (!(error instanceof Error)) return undefined;
    const { name, message } = error;
    const { code, status } = error as Partial<Record<'code' | 'status', unknown>>;
    return {
      ...{ name, message },
      ...(typeof code === 'string' && { code }),
      ...(typeof status === 'number' && { status }),
    };
  },
  decode(told) {
    const { name, message, code, status } = told as PlainError;
    return new RemoteFlightError(message, name, code, status);
  },
};
