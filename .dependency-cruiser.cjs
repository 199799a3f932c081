const SPEC = String.raw`\.spec\.ts$`;
const TESTING = '^src/.+/testing/';

/** What makes a library a service: the entries and the service's own endpoints. */
const SERVICE = String.raw`^src/((app\.module|service|service-cluster|main)\.ts$|(data|resource|products|demo)/)`;

/** What service/package.json declares. */
const ONLY_THE_SERVICE = '^node_modules/@nestjs/(microservices|terminus)/';

/** The rules of dependency, one by one; `npm run boundaries` holds the sources to them. */
/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'kernel-purity',
      comment:
        'A kernel imports nothing but kernels, the clock, the collections, the ground and a list in memory (lru-cache): no Nest, no rxjs, no HTTP client, no Node built-in. Time, chance and scheduling come in by constructor.',
      severity: 'error',
      from: { path: '^src/[^/]+/kernel/', pathNot: SPEC },
      to: {
        pathNot: [
          '^src/[^/]+/kernel/',
          '^src/(clock|collections|ground)/(?!testing/)',
          '^node_modules/lru-cache/',
        ],
      },
    },
    {
      name: 'the-ground-is-below-all',
      comment:
        'What every kernel stands on is plain TypeScript, and imports the clock and the collections at most.',
      severity: 'error',
      from: { path: '^src/ground/', pathNot: [SPEC, TESTING] },
      to: { pathNot: '^src/(ground|clock|collections)/(?!testing/)' },
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
        path: '^src/(cluster|routes|backend|config|http|logging|health|metrics|admin|collapsed-forwarding)/',
      },
    },
    {
      name: 'nothing-imports-the-service',
      comment:
        'The entries, the application module and the endpoints of the service are leaves: only the entries, the application module and tests import them.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: [
          String.raw`^src/(app\.module|service|service-cluster|main)\.ts$`,
          '^src/(data|resource|products|demo)/',
          SPEC,
        ],
      },
      to: { path: SERVICE },
    },
    {
      name: 'endpoints-are-strangers',
      comment:
        'An endpoint of the service imports neither another endpoint nor what the service is made of.',
      severity: 'error',
      from: { path: '^src/(data|resource|products)/', pathNot: SPEC },
      to: { path: SERVICE, pathNot: '^src/$1/' },
    },
    {
      name: 'the-demo-is-an-entry',
      comment: 'The demo may start the service as a whole; its endpoints it reaches over HTTP.',
      severity: 'error',
      from: { path: '^src/demo/' },
      to: { path: String.raw`^src/(main\.ts$|(data|resource|products)/)` },
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
        path: [SERVICE, '^src/(backend|circuit-breaker|routes|http|health|cluster|metrics|admin)/'],
        reachable: true,
      },
    },
    {
      name: 'the-library-never-reaches-the-service',
      comment:
        'What index.ts exports never reaches the entries or the endpoints, however far one follows it.',
      severity: 'error',
      from: { path: String.raw`^src/index\.ts$` },
      to: { path: SERVICE, reachable: true },
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
        pathNot: ['^src/$1/', String.raw`^src/[^/]+/index\.ts$`],
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
        pathNot: ['^src/$1/', String.raw`^src/[^/]+/index\.ts$`, TESTING],
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
        pathNot: [String.raw`^src/[^/]+/index\.ts$`, TESTING],
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
        'Shipped sources import what package.json declares as a dependency or peer dependency: neither development tools nor what happens to lie in node_modules.',
      severity: 'error',
      from: { path: '^src/', pathNot: [SPEC, TESTING] },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        // An optional peer counts as undeclared beside what it is.
        pathNot: [ONLY_THE_SERVICE, '^node_modules/@nestjs/platform-express/'],
      },
    },
    {
      name: 'users-of-the-library-get-none-of-it',
      comment:
        'What service/package.json declares is not there where the library is installed: the node and the health routes of the service alone load it.',
      severity: 'error',
      from: { path: '^src/', pathNot: [SPEC, TESTING, '^src/(collapsed-forwarding|health)/'] },
      to: { path: ONLY_THE_SERVICE },
    },
    {
      name: 'nobody-has-to-have-express',
      comment:
        "An application on Fastify has neither Express nor its types: of the library, the folder express alone imports Nest's adapter for it, and nothing that index.ts exports reaches that.",
      severity: 'error',
      from: { path: '^src/', pathNot: [SPEC, TESTING, String.raw`^src/(express/|service\.ts$)`] },
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
