const SPEC = String.raw`\.spec\.ts$`;
const TESTING = '^src/.+/testing/';

/** What the door `breakwater/testing` opens on: shipped, and for tests. */
const FOR_TESTS = String.raw`^src/(ground/manual-clock|caching/contract/.+|test-tools/.+)\.ts$`;

/** The proxy: what makes a library a service. `main.ts` is its process. */
const SERVICE = String.raw`^src/(service/|main\.ts$)`;

/** What `exports` of package.json names. */
const DOORS = String.raw`^src/(index|testing|(admin|backend|coalescing|circuit-breaker|caching|cluster|gateway|routes|metrics|telemetry|express)/index)\.ts$`;

/** What every door may stand on. */
const GROUND = 'ground|module-options';

/** They count as undeclared beside what they are. */
const OPTIONAL_PEERS =
  '^node_modules/(@nestjs/(platform-express|axios)|axios|prom-client|@opentelemetry/api)/';

/** What service/package.json declares. */
const ONLY_THE_SERVICE = '^node_modules/@nestjs/(microservices|swagger|terminus)/';

/** What a door may load, however far one follows it. */
const door = (name, folders, comment) => ({
  name: `what-${name}-loads`,
  comment,
  severity: 'error',
  from: { path: String.raw`^src/${name}/index\.ts$` },
  to: { path: '^src/', pathNot: `^src/(${folders}|${GROUND})/`, reachable: true },
});

/** The rules of dependency, one by one; `npm run boundaries` holds the sources to them. */
/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'kernel-purity',
      comment:
        'A kernel imports nothing but kernels and the ground: no Nest, no rxjs, no HTTP client, no Node built-in. Time, chance and scheduling come in by constructor.',
      severity: 'error',
      from: { path: '^src/[^/]+/kernel/', pathNot: SPEC },
      to: { pathNot: ['^src/[^/]+/kernel/', '^src/ground/(?!testing/)'] },
    },
    {
      name: 'http-decisions-are-pure',
      comment:
        'What the cache of HTTP decides is a kernel of its own: it imports itself and the ground. The time of day, and readers of structured fields, are arguments.',
      severity: 'error',
      from: { path: '^src/http-cache/', pathNot: SPEC },
      to: { pathNot: ['^src/http-cache/', '^src/ground/(?!testing/)'] },
    },
    {
      name: 'the-ground-is-below-all',
      comment: 'What every kernel stands on is plain TypeScript, and imports nothing else.',
      severity: 'error',
      from: { path: '^src/ground/', pathNot: [SPEC, TESTING] },
      to: { pathNot: '^src/ground/(?!testing/)' },
    },
    {
      name: 'siblings-are-strangers',
      comment:
        'Coalescing and circuit breaking know neither each other nor caching: each can be had alone, and routes composes them.',
      severity: 'error',
      from: { path: '^src/(coalescing|circuit-breaker)/', pathNot: [SPEC, TESTING] },
      to: { path: '^src/(coalescing|circuit-breaker|caching)/', pathNot: '^src/$1/' },
    },
    {
      name: 'caching-stands-on-coalescing',
      comment:
        'A cache without flights cannot load, so caching knows coalescing, and its kernel the kernel of that. Of circuit breaking it knows nothing.',
      severity: 'error',
      from: { path: '^src/caching/', pathNot: [SPEC, TESTING] },
      to: { path: '^src/circuit-breaker/' },
    },
    {
      name: 'siblings-look-down-only',
      comment:
        'Coalescing, circuit breaking and caching declare the interfaces that the cluster implements, and what stands on top of them (routes, the backend client, settings, health, metrics) comes to them, never the other way.',
      severity: 'error',
      from: { path: '^src/(coalescing|circuit-breaker|caching)/', pathNot: SPEC },
      to: {
        path: '^src/(cluster|routes|backend|http|service|metrics|admin|collapsed-forwarding)/',
      },
    },
    {
      name: 'nothing-imports-the-service',
      comment:
        'The service is a leaf: its process and tests alone import it. The node shares its settings and its log.',
      severity: 'error',
      from: { path: '^src/', pathNot: [SERVICE, '^src/collapsed-forwarding/', SPEC] },
      to: { path: SERVICE },
    },
    {
      name: 'endpoints-are-strangers',
      comment: 'An endpoint of the service imports no other endpoint.',
      severity: 'error',
      from: { path: '^src/service/(data|resource|products|health)/', pathNot: SPEC },
      to: {
        path: '^src/service/(data|resource|products|health|demo)/',
        pathNot: '^src/service/$1/',
      },
    },
    {
      name: 'the-demo-is-an-entry',
      comment: 'The demo may start the service as a whole; its endpoints it reaches over HTTP.',
      severity: 'error',
      from: { path: '^src/service/demo/' },
      to: { path: String.raw`^src/(main\.ts$|service/(data|resource|products)/)` },
    },
    {
      name: 'the-node-is-an-entry',
      comment:
        'The collapsed-forwarding node is a program of its own: nothing imports it, it takes nothing of the HTTP service, and what index.ts exports never reaches it.',
      severity: 'error',
      from: { path: '^(src|test)/', pathNot: '^src/collapsed-forwarding/' },
      to: { path: '^src/collapsed-forwarding/' },
    },
    {
      name: 'the-node-is-not-the-service',
      comment: 'The node loads neither the HTTP service nor what only that needs: it starts fast.',
      severity: 'error',
      from: { path: '^src/collapsed-forwarding/', pathNot: [SPEC, TESTING] },
      to: {
        path: [
          String.raw`^src/main\.ts$`,
          '^src/service/(?!config/|log/)',
          '^src/(backend|circuit-breaker|routes|http|cluster|metrics|admin)/',
        ],
        reachable: true,
      },
    },
    {
      name: 'the-library-never-reaches-the-service',
      comment:
        'What a door of the package opens on never reaches the service or the node, however far one follows it.',
      severity: 'error',
      from: { path: DOORS },
      to: { path: [SERVICE, '^src/collapsed-forwarding/'], reachable: true },
    },
    door('coalescing', 'coalescing', 'Whoever imports it loads its folder and the ground.'),
    door(
      'circuit-breaker',
      'circuit-breaker',
      'Whoever imports it loads its folder and the ground.',
    ),
    door(
      'caching',
      'caching|coalescing',
      'The cache loads coalescing beside it, and nothing of HTTP.',
    ),
    door(
      'cluster',
      'cluster|caching|coalescing|circuit-breaker',
      'The cluster loads what it is the cluster of, and nothing of HTTP.',
    ),
    door('telemetry', 'telemetry|coalescing', 'Tracing loads flights, and no client of backends.'),
    {
      name: 'metrics-observe-from-afar',
      comment:
        'What is on the page is whatever the application has: metrics know the types of the services, and load none of them, nor what only they need.',
      severity: 'error',
      from: { path: '^src/metrics/', pathNot: [SPEC, TESTING] },
      to: {
        path: '^src/',
        pathNot: `^src/(metrics|${GROUND})/`,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'the-operators-api-needs-no-backend',
      comment:
        "Whoever imports the operator's API loads the modules that it shows, and nothing of HTTP clients: what the cluster and the routes have to tell it finds by tokens, and by types alone.",
      severity: 'error',
      from: { path: '^src/admin/', pathNot: [SPEC, TESTING] },
      to: {
        path: '^src/(backend|http|routes|cluster|metrics)/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'no-cycles',
      comment:
        'Modules form no cycle, types included: a cycle of decorated classes dies when it is loaded, and a cycle of types grows into one.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'only-through-the-index',
      comment:
        "A folder is imported through its index.ts alone, and by a kernel through that of its kernel; what it does not export there is its own business. Specs may use other folders' testing aids. The node's entry is an exception: it reads its settings before Nest is loaded, which the index of config loads.",
      severity: 'error',
      from: {
        path: '^src/([^/]+)/',
        pathNot: [
          SPEC,
          TESTING,
          String.raw`^src/collapsed-forwarding/main\.ts$`,
          '^src/[^/]+/kernel/',
        ],
      },
      to: {
        path: '^src/[^/]+/',
        pathNot: [
          '^src/$1/',
          String.raw`^src/([^/]+|cluster/machine|service/(config|log))/index\.ts$`,
        ],
      },
    },
    {
      name: 'only-through-the-index-of-the-service',
      comment: 'Within the service the same holds for its folders.',
      severity: 'error',
      from: { path: '^src/service/([^/]+)', pathNot: [SPEC, TESTING] },
      to: {
        path: '^src/service/[^/]+/',
        pathNot: ['^src/service/$1/', String.raw`^src/service/[^/]+/index\.ts$`],
      },
    },
    {
      name: 'only-through-the-index-kernels',
      comment:
        'A kernel imports another one through the index.ts of that kernel, which loads nothing else.',
      severity: 'error',
      from: { path: '^src/([^/]+)/kernel/', pathNot: SPEC },
      to: {
        path: '^src/[^/]+/',
        pathNot: ['^src/$1/', String.raw`^src/[^/]+/(kernel/)?index\.ts$`],
      },
    },
    {
      name: 'only-through-the-index-specs',
      comment:
        'A spec or a testing aid looks inside its own folder and into testing aids; every other folder it imports through its index.ts.',
      severity: 'error',
      from: { path: '^src/([^/]+)/(.*' + SPEC + '|.*testing/)' },
      to: {
        path: '^src/[^/]+/',
        pathNot: [
          '^src/$1/',
          String.raw`^src/([^/]+|cluster/machine|service/(config|log))/index\.ts$`,
          TESTING,
          FOR_TESTS,
        ],
      },
    },
    {
      name: 'only-through-the-index-entries',
      comment:
        'The files at the root of src and the tests in test import a folder through its index.ts alone; tests may use testing aids, and the demo backend as their backend.',
      severity: 'error',
      from: { path: String.raw`^(src/[^/]+\.ts$|test/)` },
      to: {
        path: '^src/[^/]+/',
        pathNot: [
          String.raw`^src/([^/]+|service/[^/]+)/index\.ts$`,
          '^src/service/((create|start)-service|(serve|main)\\.ts$)',
          TESTING,
          FOR_TESTS,
        ],
      },
    },
    {
      name: 'testing-aids-stay-in-tests',
      comment:
        'What stands in a testing folder is not shipped, so only specs and testing aids import it.',
      severity: 'error',
      from: { path: '^src/', pathNot: [SPEC, TESTING] },
      to: { path: TESTING },
    },
    {
      name: 'ships-only-what-it-declares',
      comment:
        'Shipped sources import what package.json declares as a dependency or peer dependency: neither development tools nor what happens to lie in node_modules. The live page is bundled with what it imports.',
      severity: 'error',
      from: { path: '^src/', pathNot: [SPEC, TESTING, '^src/admin/page/'] },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        pathNot: [ONLY_THE_SERVICE, OPTIONAL_PEERS],
      },
    },
    {
      name: 'users-of-the-library-get-none-of-it',
      comment:
        'What service/package.json declares is not there where the library is installed: the node and the service alone load it.',
      severity: 'error',
      from: { path: '^src/', pathNot: [SPEC, TESTING, '^src/(collapsed-forwarding|service)/'] },
      to: { path: ONLY_THE_SERVICE },
    },
    {
      name: 'nobody-has-to-have-express',
      comment:
        "An application on Fastify has neither Express nor its types: of the library, the folder express alone imports Nest's adapter for it, and nothing that index.ts exports reaches that.",
      severity: 'error',
      from: { path: '^src/', pathNot: [SPEC, TESTING, '^src/(express|service)/'] },
      to: {
        path: ['^src/express/', '^node_modules/(@nestjs/platform-express|(@types/)?express)/'],
      },
    },
    {
      name: 'everything-resolves',
      comment: 'Every import leads somewhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage|reports)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
    },
  },
};
