import { describe, expect, it } from '@jest/globals';
import { backendsBehind, inFrontOf } from './backends-behind.js';

const API = 'http://api:8080';
const SHOP = 'http://shop:8080';
const SEARCH = ['http://s1:9200', 'http://s2:9200'];
const OWN = 'http://localhost:3001';
const settings = { BACKEND_URL: OWN, PROXY_OWN_ROUTES: 'health' } as const;

const rule = (...urls: string[]) => ({ backend: { name: 'some', urls } });

describe('What the service says that it stands in front of', () => {
  it('is the backend of its own endpoints, without a gateway', () => {
    expect(backendsBehind({ ...settings, PROXY_OWN_ROUTES: 'all' }, [])).toEqual([OWN]);
    expect(backendsBehind(settings, [])).toEqual([OWN]);
  });

  it('is the API, and not the default of a backend that nobody asks', () => {
    expect(backendsBehind({ ...settings, PROXY_TO: API }, [rule(API)])).toEqual([API]);
  });

  it('is that of its own endpoints too, where they are in front as well', () => {
    const both = { ...settings, PROXY_TO: API, PROXY_OWN_ROUTES: 'all' } as const;
    expect(backendsBehind(both, [rule(API)])).toEqual([API, OWN]);
  });

  it('is each backend that a rule names, once, and nothing for a rule that denies', () => {
    const rules = [rule(SHOP), {}, rule(...SEARCH), rule(SHOP), rule(API)];
    const asked = { ...settings, PROXY_TO: API, PROXY_RULES: 'rules.yaml' };
    expect(backendsBehind(asked, rules)).toEqual([SHOP, ...SEARCH, API]);
  });

  it('is told in few words, however many backends there are', () => {
    expect(inFrontOf([SHOP])).toBe(`in front of ${SHOP}`);
    expect(inFrontOf([])).toBe('in front of no backend');
    const many = Array.from({ length: 7 }, (_, at) => `http://b${at}`);
    expect(inFrontOf(many)).toBe(
      'in front of http://b0, http://b1, http://b2, http://b3, http://b4 and 2 more',
    );
  });
});
