import * as z from 'zod';
import { defaultsSchema, member, ruleSchema, timeouts } from './rule-schema.js';
import {
  addressRange,
  backendUrl,
  members,
  method,
  name,
  oneOrMore,
  wait,
  wholeNumber,
} from './rule-values.js';

export const backendSchema = members({
  url: member(backendUrl, 'Where it is; a path in it is kept as a prefix.'),
  urls: member(
    oneOrMore(backendUrl, 'http: or https: URLs, a list or one'),
    'The same for several, called in turn; where one refuses the connection, the next is tried.',
  ),
  circuit: member(
    z.union(
      [
        z.literal('off'),
        members({
          failures: member(wholeNumber(1, 1_000_000), 'Failures in a row that open it.', 5),
          cooldown: member(wait, 'How long it refuses before it lets one request try.', '5s'),
          statuses: member(
            oneOrMore(wholeNumber(400, 599), 'statuses from 400 to 599, a list or one'),
            'Statuses that are failures; 500 to 599 when left out.',
          ),
        }),
      ],
      'off, or a mapping with failures, cooldown and statuses',
    ),
    'The circuit breaker in front of it.',
  ),
  timeouts: member(timeouts, 'How long things may take, unless a rule says so itself.'),
}).refine(
  ({ url, urls }) => (url === undefined) !== (urls === undefined),
  'a mapping with either url or urls',
);

const SAFE_OR_COMMON = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH'];
const PURGE_METHODS = `methods other than ${SAFE_OR_COMMON.join(', ')}, a list or one`;

export const purgeSchema = members({
  methods: member(
    oneOrMore(
      method.refine((it) => !SAFE_OR_COMMON.includes(it), PURGE_METHODS),
      PURGE_METHODS,
    ),
    'Methods that purge what their URL names.',
    ['PURGE'],
  ),
  from: member(
    oneOrMore(addressRange, 'ranges of addresses such as 10.0.0.0/8, a list or one'),
    'Addresses that may purge.',
  ),
  tokenFile: member(
    z.string("a file's path").min(1, "a file's path"),
    'File with the token that whoever purges shows as `Authorization: Bearer …`.',
  ),
}).refine(
  ({ from, tokenFile }) => from !== undefined || tokenFile !== undefined,
  'a mapping with from, tokenFile or both: nobody else may purge',
);

/** A whole rule file. */
export const rulesSchema = members({
  version: z.literal(1, '1').meta({ description: 'Version of the form of this file.' }),
  backends: member(
    z.record(name, backendSchema, 'a mapping of names to backends'),
    'Backends by their names.',
  ),
  defaults: member(defaultsSchema, 'What rules say that do not say it themselves.'),
  rules: member(
    z.array(ruleSchema, 'a list of rules'),
    'Of the rules that are for a request the first one wins.',
  ),
  purge: member(purgeSchema, 'Who may remove what is kept.'),
  $schema: member(
    z.string('text'),
    'Where an editor finds the schema of a file in JSON; nothing else reads it.',
  ),
});

export type BackendText = z.output<typeof backendSchema>;
export type PurgeText = z.output<typeof purgeSchema>;
export type RulesText = z.output<typeof rulesSchema>;
