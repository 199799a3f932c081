// The text of docs/gateway-rules.md: what no schema knows, and tables of what it does.

export const EXAMPLE = `version: 1
backends:
  shop:
    url: http://shop:8080
    circuit: { failures: 5, cooldown: 5s }
    timeouts: { head: 5s }
  search:
    urls: [http://s1:9200, http://s2:9200] # called in turn
defaults: { backend: shop }
rules: # the first one that is for a request wins
  - name: catalogue
    match: { path: /catalogue/**, methods: GET, host: [shop.example, '*.shop.example'] }
    key: { query: { only: [page, sort] }, headers: [X-Currency], cookies: { ignore: ['_ga*'] } }
    stale: { whileRevalidate: 30s, ifError: 10m } # where the answer does not say itself
    tags: { header: Surrogate-Key }
  - name: prices
    match: { path: /prices/:sku }
    backend: search
    freshness: { fixed: 10s } # private, no-store, Set-Cookie and Vary still bind
  - name: live
    match: { path: /live/**, upgrade: websocket }
    freshness: none
  - name: internal
    match: { path: /internal/** }
    deny: 404
  - name: rest
purge: { from: [10.0.0.0/8], tokenFile: secrets/purge }
`;

const INTRODUCTION = `# Rules in a file

\`PROXY_RULES=rules.yaml npm start\`: what [the gateway](gateway.md) does with which requests, in YAML, or in JSON, which is YAML too. \`defineRule()\` takes the same members in code.

\`\`\`yaml
# yaml-language-server: $schema=./node_modules/breakwater/docs/rules.schema.json
${EXAMPLE}\`\`\`

With the first line, or \`"$schema"\` in JSON, editors check the file as it is written, and complete it: docs/rules.schema.json is in the package.

- **Durations** are whole numbers with a unit: \`500ms\`, \`10s\`, \`5m\`, \`1h\`, \`7d\`; \`0\` needs none.
- **One or a list**: where a member takes several values, it takes one without brackets as well.
- **\`*\` at the beginning** of a text wants quotes: YAML has another use for it.
- **Paths** are files beside the rule file, unless they begin with a slash.

## What is refused

Everything that is wrong is told at once, each thing by file, line and column, with what it is and what it may be:

\`\`\`text
rules.yaml:7:15 rules[0].freshnes: "http"; allowed: left out: there is no such member; did you mean "freshness"? (known: …)
rules.yaml:12:14 rules[2].backend: "shpo"; allowed: one of shop, search
rules.yaml:14:5 the same member twice
\`\`\`

Beside a member that there is not, and a value that cannot be, these are refused: a backend that is not among \`backends\`; a rule that an earlier one leaves no request for; two rules of one name; a rule that switches protocols and keeps answers; a rule that denies and says more; \`rewrite.strip\` that \`match.path\` does not begin with. A backend that no rule names is a warning, and so is \`authorization\` in the key of a rule by \`trust: rfc\`.

## When it changes

The file is looked at every two seconds, and at once on \`SIGHUP\`. What has changed and is valid is used from the next request on; requests under way end by the rules that they began with. What is not valid is told once, and the rules before it stay. It is the contents that count: a ConfigMap of Kubernetes, whose links are swapped, is followed, and a file that is touched is not read as another one. Write it beside, and rename it: a file that is being written is left until it rests.

What a rule has cached stays while its name, its key, its target (backend, \`rewrite\`, \`host\`, \`request.headers\`) and the kind of its freshness are the same, also after a restart and on every replica. With any other one it begins anew, and nothing is served that was kept under the key before. A backend is what its \`url\` is; one with \`urls\` is what its name is, so that one more address changes nothing.

A circuit whose settings have changed is made anew under its name: closed, and with nothing counted; one that somebody has isolated or forced closed by hand stays so. What becomes of calls on their way counts no longer. A circuit that no rule names any more is gone. One that the application has declared itself, by the same name and with other settings, is refused.

## Purging

\`purge\` names who may remove what is kept: by address, by a token shown as \`Authorization: Bearer …\`, or, where both are given, by both. \`PURGE\` on a URL drops what is kept of it, with all its variants; with \`Surrogate-Key: a b\` it drops what has one of these tags, by the header that a rule's \`tags\` names. The answer is 204, on all replicas and tiers. Anybody else gets 405, and the request is never forwarded. The file with the token is read each time.

\`\`\`sh
curl -X PURGE -H "Authorization: Bearer $TOKEN" http://localhost:3000/catalogue/7
curl -X PURGE -H "Authorization: Bearer $TOKEN" -H 'Surrogate-Key: shoes' http://localhost:3000/
\`\`\`

## Members

`;

/** The chapters: the member of the file that each is about, and what it is called. */
const CHAPTERS = [
  ['', 'The file'],
  ['backends.*', 'A backend'],
  ['rules.*', 'A rule'],
  ['purge', 'Who may purge'],
];

/** What no member ever is, so that each says what it may be. */
const NEVER = Symbol('never');

/** @param schema the zod object that the gateway reads rule files by */
export function pageOf(schema) {
  const chapters = CHAPTERS.map(([path, title]) => {
    const rows = rowsOf(at(schema, path === '' ? [] : path.split('.')), '', path === '');
    const table = [['member', 'allowed', 'default', 'meaning'], ['-', '-', '-', '-'], ...rows];
    const note =
      path === 'rules.*'
        ? '\n`defaults` has all members from `backend` on; each stands behind those of all rules, and members of a group one by one.\n'
        : '';
    return `### ${title}\n${note}\n${table.map((row) => `| ${row.join(' | ')} |`).join('\n')}\n`;
  });
  return INTRODUCTION + chapters.join('\n');
}

/** Without what wraps it: that it may be left out, or is changed once it is read. */
function bare(schema) {
  const { def } = schema;
  if (def.type === 'optional') return bare(def.innerType);
  return def.type === 'pipe' ? bare(def.in) : schema;
}

function at(schema, steps) {
  return steps.reduce((found, step) => {
    const { def } = bare(found);
    return step === '*' ? (def.valueType ?? def.element) : def.shape[step];
  }, schema);
}

/** The members of an object, and, unless it is the whole file, those within them. */
function rowsOf(schema, prefix, flat) {
  return Object.entries(bare(schema).def.shape).flatMap(([name, member]) => {
    const path = `${prefix}${name}`;
    const { description = '', default: fallback } = member.meta() ?? {};
    const groups = flat ? [] : groupsOf(member);
    const isGroup = groups.length === 1 && bare(member).def.type === 'object';
    const row = [
      `\`${path}\``,
      isGroup ? '' : allowedOf(member),
      fallback === undefined ? '' : `\`${[fallback].flat().join(', ')}\``,
      description,
    ];
    return [row.map(cell), ...groups.flatMap((group) => rowsOf(group, `${path}.`, false))];
  });
}

/** The objects that a member may be. */
function groupsOf(member) {
  const { def } = bare(member);
  if (def.type === 'object') return [bare(member)];
  return def.type === 'union' ? def.options.flatMap(groupsOf) : [];
}

function allowedOf(member) {
  const allowed = member.safeParse(NEVER).error?.issues[0]?.message ?? '';
  // How durations are written stands above.
  return allowed.replace(/^a duration such as [^,]*(?:, [^,]*)*, from/, 'a duration from');
}

function cell(text) {
  return text
    .replaceAll('|', '\\|')
    .replaceAll('*', '\\*')
    .replaceAll(/`([^`]*)`/g, (code) => code.replaceAll('\\*', '*'));
}
