// The code of the documentation: every TypeScript block is compiled by the strictest settings against the
// built package, and each program and test among them is run. `blocks.mjs` says what a fence may say.
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { expect, runChecks } from '../checks.mjs';
import { run } from '../processes.mjs';
import { blocksOf, moduleOfFragment, pagesOf } from './blocks.mjs';
import { ROOT, SITE, installSite } from './install.mjs';

/** Inside the package, so that `breakwater` is this one, by its own exports. */
const WORK = join(ROOT, 'reports', 'docs');

const OPTIONS = {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts'],
  types: ['node'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  skipLibCheck: true,
  noEmitOnError: false,
  rootDir: WORK,
  outDir: WORK,
};

/** The names at the root of the package. */
function exportedNames() {
  const index = join(ROOT, 'dist', 'index.d.ts');
  const program = ts.createProgram([index], OPTIONS);
  const checker = program.getTypeChecker();
  const symbol = checker.getSymbolAtLocation(program.getSourceFile(index));
  return checker.getExportsOfModule(symbol).map(({ name }) => name);
}

/** Where a block is written to, before it is compiled. */
function fileOf({ page, line, kind, name }) {
  const folder = join(WORK, page.replace(/\W+/g, '-'));
  if (name) return join(folder, name);
  const suffix = kind === 'jest' || kind === 'vitest' ? '.test' : '';
  return join(folder, `line-${line}${suffix}.ts`);
}

function write(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  expect(!existsSync(file), `${relative(WORK, file)} is there twice`);
  writeFileSync(file, text);
}

/** What is wrong with what has been compiled, one line each. */
function problemsOf(diagnostics) {
  return diagnostics.map(({ file, start = 0, messageText }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, '\n');
    if (!file) return text;
    const { line } = file.getLineAndCharacterOfPosition(start);
    const what = file.text.split('\n')[line].trim();
    return `${relative(WORK, file.fileName)}: ${text} at \`${what}\``;
  });
}

function compile(files) {
  const program = ts.createProgram(files, OPTIONS);
  const sources = files.map((file) => program.getSourceFile(file));
  const wrong = sources.flatMap((source) => [
    ...program.getSyntacticDiagnostics(source),
    ...program.getSemanticDiagnostics(source),
  ]);
  expect(wrong.length === 0, problemsOf(wrong).join('\n'));
  program.emit();
}

/** What is wrong with the syntax of a block alone. */
function syntaxProblems({ page, line, code }) {
  const { diagnostics = [] } = ts.transpileModule(code, {
    reportDiagnostics: true,
    compilerOptions: {
      target: OPTIONS.target,
      module: ts.ModuleKind.ESNext,
      experimentalDecorators: true,
    },
  });
  return diagnostics.map(
    ({ messageText }) => `${page}:${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
  );
}

const compiled = (block) => fileOf(block).replace(/\.ts$/, '.js');

await runChecks('Code of the documentation', async (checks) => {
  expect(
    existsSync(join(ROOT, 'dist', 'index.d.ts')),
    'There is no dist to compile against: npm run build',
  );
  installSite();
  rmSync(WORK, { recursive: true, force: true });
  mkdirSync(join(WORK, 'node_modules'), { recursive: true });
  symlinkSync(join(SITE, 'node_modules', 'vitest'), join(WORK, 'node_modules', 'vitest'));
  const blocks = pagesOf(ROOT).flatMap((page) => blocksOf(ROOT, page));
  const of = (...kinds) => blocks.filter(({ kind }) => kinds.includes(kind));

  await checks.check(`${of('foreign').length} blocks of other packages are TypeScript`, () => {
    const wrong = of('foreign').flatMap(syntaxProblems);
    expect(wrong.length === 0, wrong.join('\n'));
  });
  const own = of('module', 'run', 'jest', 'vitest', 'fragment');
  await checks.check(`${own.length} blocks compile, by the strictest settings`, () => {
    const exported = exportedNames();
    for (const block of own) {
      const whole = block.kind !== 'fragment';
      write(fileOf(block), whole ? block.code : moduleOfFragment(block.code, exported));
    }
    compile(own.map(fileOf));
  });
  for (const block of of('run')) {
    await checks.check(`${block.page}:${block.line} runs to its end`, () => {
      run(process.execPath, [compiled(block)], { cwd: ROOT, timeout: 60_000 });
    });
  }
  const tests = (kind) => of(kind).map(compiled);
  await checks.check(`${of('vitest').length} tests pass in vitest`, () => {
    const vitest = join(SITE, 'node_modules', 'vitest', 'vitest.mjs');
    // Where they lie, nothing that is compiled matches vitest's own pattern of test files.
    const options = [
      'run',
      '--root',
      WORK,
      '--config',
      join(import.meta.dirname, 'vitest.config.mjs'),
    ];
    run(process.execPath, [vitest, ...options, ...tests('vitest')], { cwd: ROOT });
  });
  await checks.check(`${of('jest').length} tests pass in jest`, () => {
    const jest = join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
    const config = join(import.meta.dirname, 'jest.config.mjs');
    const options = ['--experimental-vm-modules', jest, '--config', config, '--runTestsByPath'];
    run(process.execPath, [...options, ...tests('jest')], { cwd: ROOT });
  });
});
