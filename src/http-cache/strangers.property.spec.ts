import { describe, it } from '@jest/globals';
import { expectLinear } from '../ground/testing/hostile-text.js';
import { conditionsOf, evaluate } from './conditions.js';
import { isListed } from './entity-tag.js';
import { rangeOf } from './ranges.js';
import { authorityOf, literalSegment, normalHost, normalTarget } from './request-target.js';
import { validatedBy, validationFields } from './validation.js';
import { reducedEncodings, selectingKey, varyNames } from './vary.js';

describe('what a stranger sends takes time in proportion to its length', () => {
  const pieces = ['/', '.', '%', '%2e', '%2f', ';', '?', 'a', '\u00e9', ':', '..', '%5C'];

  it('as a path', () => {
    expectLinear(pieces, (text) => [normalTarget(`/${text}`), literalSegment(text)]);
  });

  it('as an absolute target', () => {
    expectLinear([...pieces, '://', '@'], (text) => [normalTarget(text), authorityOf(text)]);
  });

  it('as a host', () => {
    expectLinear([':', '8', '0', 'a'], (text) => normalHost(text, 80));
  });

  it('as a condition', () => {
    const stored = { status: 200, fields: ['ETag', '"nobody"'] };
    expectLinear([',', ' ', '"', '"a"', 'W/', '\t', '\\', 'x', '*'], (text) => {
      const conditions = conditionsOf(['If-None-Match', text, 'If-Modified-Since', text]);
      return [conditions && evaluate(conditions, stored, 0), isListed(text, text)];
    });
  });

  it('as a range', () => {
    expectLinear(['bytes=', '0', '9', '-', ',', ' ', '\t', '1-2'], (text) =>
      [text, `bytes=${text}`].map((range) =>
        rangeOf(['Range', range, 'If-Range', text], { status: 200, fields: [] }, 10, 0),
      ),
    );
  });

  it('as a preference', () => {
    expectLinear([',', ' ', '"', '\\', ';', 'q=', '1', 'a', '\t', '*'], (text) => [
      selectingKey(['accept'], ['accept', text], 'rfc'),
      selectingKey(['accept-language'], ['accept-language', text], 'rfc'),
      selectingKey(['foo'], ['foo', text], 'rfc'),
      reducedEncodings(text),
    ]);
  });

  it('as a backend, in Vary and ETag', () => {
    expectLinear([',', ' ', '"', '*', 'a', 'W/', '\t'], (text) => [
      varyNames(['vary', text]),
      validationFields([{ etag: text, lastModified: text }]),
      validatedBy(['etag', text], [{ etag: `W/${text}`, lastModified: undefined }]),
    ]);
  });
});
