import { AxiosHeaders } from 'axios';
import type { AnswerHeaders } from './passed-headers.js';

/**
 * The headers of an answer, for axios: in the form that {@link AxiosHeaders} normalises to, which
 * otherwise compares each name with every other one, three times an answer.
 */
export class AxiosAnswerHeaders extends AxiosHeaders {
  /** @param headers names in lower case, each of them once */
  constructor(headers: AnswerHeaders) {
    super();
    for (const name of Object.keys(headers)) {
      // Never in place of a method, nor of the prototype: a backend may name its headers as it likes.
      if (!(name in this)) this[name] = headers[name] as string | string[];
    }
  }

  /** @param format makes each name `Like-This`; without it nothing is left to do */
  override normalize(format: boolean): AxiosHeaders {
    return format ? super.normalize(format) : this;
  }
}
