import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const SPECS = ['src/**/*.spec.ts', 'src/**/testing/**/*.ts', 'test/**/*.ts'];
const PROJECTS = ['tsconfig.json', 'src/admin/page/tsconfig.json'];
const TOOLS = ['*.js', '*.cjs', 'scripts/**/*.mjs', 'bench/**/*.{js,mjs}'];

/** What the tools' files use of Node's globals; TypeScript knows this by itself. */
const NODE_GLOBALS = Object.fromEntries(
  (
    'AbortController AbortSignal Buffer URL URLSearchParams clearInterval clearTimeout console ' +
    'fetch performance process setImmediate setInterval setTimeout structuredClone queueMicrotask'
  )
    .split(' ')
    .map((name) => [name, 'readonly']),
);

const ENVIRONMENT =
  'The environment is read in src/service/config alone; ask for a setting instead.';

const NAMED_EXPORTS = {
  selector: 'ExportDefaultDeclaration',
  message: 'Export by name: a concept has one name wherever it is imported.',
};

const ENVIRONMENT_SYNTAX = [
  {
    selector:
      "MemberExpression[property.name='env'][object.type='MemberExpression'][object.property.name='process']",
    message: ENVIRONMENT,
  },
  {
    selector:
      "ImportDeclaration[source.value=/^(node:)?process$/] > ImportSpecifier[imported.name='env']",
    message: ENVIRONMENT,
  },
];

const NO_SWITCHED_OFF_TESTS = {
  selector:
    "CallExpression[callee.type='MemberExpression'][callee.object.name=/^(it|test|describe)$/][callee.property.name=/^(only|skip|todo)$/]",
  message: 'A test runs or is deleted.',
};

export default defineConfig(
  globalIgnores([
    'dist/',
    'coverage/',
    'reports/',
    '.stryker-tmp/',
    // Type-checked and run against the packed tarball by the packaging test.
    'scripts/packaging/app/',
    'scripts/packaging/fastify-app/',
  ]),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },

  {
    files: ['**/*.ts'],
    extends: [js.configs.recommended, tseslint.configs.strictTypeChecked],
    // By name, and not by the service of editors: that takes a fifth longer for the same types.
    languageOptions: { parserOptions: { project: PROJECTS, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: 'error',
      'max-lines': ['error', { max: 350 }],
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: ENVIRONMENT },
      ],
      'no-restricted-syntax': ['error', NAMED_EXPORTS, ...ENVIRONMENT_SYNTAX],

      // Leaves files with decorators alone: there an import is a value that Nest injects by.
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],

      // A module, a controller or a guard may be nothing but its decorator.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      // Reports Nest's ordinary `useValue` and mixin shapes.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
    },
  },

  {
    files: ['src/service/config/**/*.ts'],
    rules: {
      'no-restricted-properties': 'off',
      'no-restricted-syntax': ['error', NAMED_EXPORTS],
    },
  },

  {
    // Tests throw what they must not, look into `any` bodies and hand mocks around unbound.
    files: SPECS,
    rules: {
      'no-restricted-properties': 'off',
      'no-restricted-syntax': ['error', NAMED_EXPORTS, NO_SWITCHED_OFF_TESTS],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },

  {
    // Applications of their own, without their dependencies here: linted without types, which the
    // compiler checks when the examples run against the packed tarball.
    files: ['examples/**/*.ts'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      parserOptions: {
        emitDecoratorMetadata: true,
        experimentalDecorators: true,
      },
    },
    rules: {
      'no-console': 'off',
      'no-restricted-properties': 'off',
      'no-restricted-syntax': ['error', NAMED_EXPORTS, NO_SWITCHED_OFF_TESTS],
    },
  },

  // An e2e file costs a start of the runner: fewer and larger ones.
  { files: ['test/**/*.ts'], rules: { 'max-lines': ['error', { max: 1_000 }] } },

  {
    files: TOOLS,
    extends: [js.configs.recommended],
    languageOptions: { globals: NODE_GLOBALS },
    rules: { eqeqeq: 'error', 'max-lines': ['error', { max: 350 }] },
  },
  {
    files: ['*.cjs'],
    languageOptions: { sourceType: 'commonjs', globals: { module: 'writable' } },
  },
);
