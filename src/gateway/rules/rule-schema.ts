import * as z from 'zod';
import {
  choice,
  flag,
  headerName,
  headerValue,
  hostPattern,
  life,
  members,
  method,
  name,
  namePattern,
  oneOrMore,
  pathPattern,
  pathPrefix,
  protocol,
  sentHost,
  wait,
  wholeNumber,
} from './rule-values.js';

const MEBIBYTE = 2 ** 20;
const TEBIBYTE = 2 ** 40;

/** A member that may be left out, and what it means; the default is as one would write it. */
export function member<Schema extends z.ZodType>(
  schema: Schema,
  description: string,
  fallback?: string | number | boolean | readonly string[],
) {
  return schema.optional().meta({
    description,
    ...(fallback !== undefined && { default: fallback }),
  });
}

const hosts = oneOrMore(hostPattern, 'hosts, a list or one');
const names = oneOrMore(
  namePattern,
  'names, a list or one; * at the end of one stands for the rest',
);
const headerNames = oneOrMore(headerName, 'names of headers, a list or one');
const headers = z.record(headerName, headerValue, 'a mapping of names of headers to their values');

const headerChanges = members({
  set: member(headers, 'Headers that it has with this value, whatever it had.'),
  add: member(headers, 'Headers that are added to those that it has.'),
  remove: member(headerNames, 'Headers that it loses.'),
});

export const timeouts = members({
  connect: member(wait, 'Longest wait for a connection to the backend.', '1s'),
  head: member(wait, 'Longest wait for the head of the final answer.', '5s'),
  idle: member(wait, 'Longest silence between two pieces of a body, either way.', '30s'),
  total: member(
    z.union([z.literal('none'), wait], 'none, or a duration such as 30s'),
    'Longest time for the whole exchange.',
    'none',
  ),
});

const match = members({
  path: member(
    pathPattern,
    'Pattern of the path: literal segments, `:name` and `*` for one, `**` at the end for the rest, none included. It is compared with the path in normal form (RFC 3986, section 6.2.2), slashes in a row as one, and the case counts.',
    '/**',
  ),
  methods: member(
    oneOrMore(method, 'methods, a list or one'),
    'Methods; `GET` covers `HEAD`. Any when left out.',
  ),
  host: member(
    hosts,
    'Hosts that the client asks for: a name with any port, a name with its port, or `*.` and a domain for all below it. Any when left out.',
  ),
  upgrade: member(
    oneOrMore(protocol, 'protocols to switch to such as websocket, a list or one'),
    'Protocols that the connection may be switched to. A request for another one is answered without a switch.',
  ),
});

const query = z.union(
  [
    z.literal(['all', 'none']),
    members({
      only: member(names, 'The members that count; no other is sent.'),
      except: member(names, 'Members that do not count, and are not sent.'),
      sort: member(
        flag,
        'Whether the order of members with different names does not count; they are sent in order of their names.',
        false,
      ),
    }).refine(
      ({ only, except }) => only === undefined || except === undefined,
      'either only or except',
    ),
  ],
  'all, none, or a mapping with only or except, and sort',
);

const cookies = z.union(
  [
    z.literal('none'),
    members({
      only: member(names, 'The cookies that count; no other is sent, and they are no credentials.'),
      ignore: member(names, 'Cookies that are neither sent nor taken for credentials.'),
    }).refine(
      ({ only, ignore }) => (only === undefined) !== (ignore === undefined),
      'either only or ignore',
    ),
  ],
  'none, or a mapping with only or ignore',
);

const key = members({
  host: member(flag, 'Whether the host counts that the client asks for.', true),
  query: member(
    query,
    'What counts of the query: `all` members in their order, `none`, or those that are named. What does not count is not sent either: what an answer depends on and the key does not cover poisons a cache.',
    'all',
  ),
  headers: member(headerNames, 'Request headers that count.'),
  cookies: member(
    cookies,
    'What counts of the cookies. `none`: they are sent, and taken for credentials, so that what is made for them is shared with nobody unless the answer allows it.',
    'none',
  ),
  method: member(flag, 'Whether HEAD has answers of its own, instead of those of GET.', false),
});

const freshness = z.union(
  [
    z.literal(['http', 'none']),
    members({
      fixed: member(
        life,
        'How long every answer is fresh; `private`, `no-store`, `Set-Cookie` and `Vary` still bind.',
      ),
      negative: member(
        life,
        'The same for 404 and 410, beside `fixed`; such answers are not kept when left out.',
      ),
      default: member(
        life,
        'How long an answer is fresh that says nothing of it and may be kept; all others as with `http`.',
      ),
    })
      .refine(
        (it) => (it.fixed === undefined) !== (it.default === undefined),
        'either fixed or default',
      )
      .refine(
        (it) => it.negative === undefined || it.fixed !== undefined,
        'negative beside fixed alone',
      ),
  ],
  'http, none, or a mapping with fixed (and negative) or default',
);

const heuristic = z.union(
  [
    z.literal('off'),
    members({
      fraction: member(
        z
          .number('a number from 0 to 1')
          .min(0, 'a number from 0 to 1')
          .max(1, 'a number from 0 to 1'),
        'Part of the time since `Last-Modified`.',
        0.1,
      ),
      max: member(life, 'The most that it comes to.', '1h'),
    }),
  ],
  'off, or a mapping with fraction and max',
);

const collapse = z.union(
  [
    z.literal(['auto', 'off']),
    members({
      waitMax: member(
        wait,
        'Longest wait for the call of another request; `timeouts.head` when left out.',
      ),
    }),
  ],
  'auto, off, or a mapping with waitMax',
);

/** What a rule and the defaults of all of them may say. */
const SHARED = {
  backend: member(name, 'Name of the backend.'),
  host: member(
    sentHost,
    "Whose `Host` the backend sees: the `client`'s, the `backend`'s own, or this one. `client` for `http:` backends, `backend` for `https:` ones.",
  ),
  key: member(key, 'What makes two requests the same.'),
  freshness: member(
    freshness,
    '`http`: what the answer says itself (RFC 9111). `none`: nothing is kept, and requests are not collapsed unless `collapse` says so. `fixed`: the rule decides. `default`: as `http`, and this where the answer says nothing.',
    'http',
  ),
  stale: member(
    members({
      whileRevalidate: member(
        life,
        'For how long after it was fresh an answer is served while a new one is got.',
        0,
      ),
      ifError: member(
        life,
        'For how long after it was fresh an answer stands in for a backend that fails.',
        '60s',
      ),
    }),
    'Used where the answer names no window itself, never where it forbids to serve it stale.',
  ),
  heuristic: member(
    heuristic,
    'Freshness of answers that say nothing but when they were last modified.',
  ),
  collapse: member(
    collapse,
    'Whether requests that are alike share one call of the backend.',
    'auto',
  ),
  ranges: member(
    choice('pass', 'whole'),
    '`whole`: on a request for a part the whole is got, shared and kept, and the part cut from it.',
    'pass',
  ),
  trust: member(
    choice('guarded', 'rfc'),
    'Whether answers for requests with credentials, and answers that set cookies, need leave to be shared beyond what RFC 9111 asks.',
    'guarded',
  ),
  clientRefresh: member(
    choice('never', 'trusted', 'always'),
    'Whose `no-cache` and `max-age=0` may force a validation; `trusted` are those of `TRUSTED_PROXIES`.',
    'never',
  ),
  targets: member(
    headerNames,
    'Headers that tell this cache alone (RFC 9213), the first one first.',
    ['cdn-cache-control'],
  ),
  tags: member(
    members({
      header: member(
        headerName,
        'Response header with the tags of an answer, such as `Surrogate-Key`; spaces or commas between them.',
      ),
    }),
    'What answers can be purged by, beside their URL.',
  ),
  maxEntryBytes: member(
    wholeNumber(0, TEBIBYTE),
    'Largest body that is kept; larger ones are still shared while they pass.',
    4 * MEBIBYTE,
  ),
  circuit: member(name, "Name of the circuit, or `off`. The backend's own when left out."),
  timeouts: member(
    timeouts,
    "How long things may take. Those of the backend come before the defaults'.",
  ),
  retries: member(
    members({
      connection: member(
        wholeNumber(0, 10),
        'How often a request that cannot have been processed is sent again.',
        1,
      ),
    }),
    'Requests without a body whose method allows it.',
  ),
  request: member(
    members({
      headers: member(headerChanges, 'Changes of the headers on their way to the backend.'),
      maxBodyBytes: member(
        wholeNumber(0, TEBIBYTE),
        'Largest body of a request, beyond it 413; 0 is no limit.',
        0,
      ),
    }),
    'What becomes of requests.',
  ),
  response: member(
    members({
      headers: member(headerChanges, 'Changes of the headers on their way to the client.'),
    }),
    'What becomes of answers.',
  ),
};

/** One rule, as it is written in a file or given to `defineRule()`. */
export const ruleSchema = members({
  name: member(name, 'What logs, metrics and its cache call it; the path when left out.'),
  match: member(match, 'Requests that it is for; those that no earlier rule is for.'),
  deny: member(
    wholeNumber(400, 599),
    'Status that its requests are refused with; nothing else may be said then.',
  ),
  rewrite: member(
    members({
      strip: member(pathPrefix, 'Beginning of the path that the backend does not see.'),
      add: member(pathPrefix, 'Put before what is left of it.'),
    }),
    'How the path changes on its way to the backend.',
  ),
  ...SHARED,
}).meta({ id: 'rule' });

export const defaultsSchema = members(SHARED);

export type RuleText = z.output<typeof ruleSchema>;
export type DefaultsText = z.output<typeof defaultsSchema>;
export type HeaderChangesText = z.output<typeof headerChanges>;
