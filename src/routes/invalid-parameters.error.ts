import { BadRequestException } from '@nestjs/common';

/** The request's parameters do not fit the route. 400 to the caller, naming each. */
export class InvalidParametersError extends BadRequestException {
  readonly code = 'BREAKWATER_INVALID_PARAMETERS';

  constructor(readonly problems: readonly string[]) {
    super({ error: problems.join('; ') });
  }
}
