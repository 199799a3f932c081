// The public face in git: one report a door of the package, every name with its whole signature. Without
// arguments it says which reports are no longer true; `--write` makes them anew.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompilerState, Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import { expect, runChecks } from '../checks.mjs';

const ROOT = join(import.meta.dirname, '..', '..');
const REPORTS = join(ROOT, 'api');
/** Names at the root: what an application needs, and not what one builds upon. */
const MOST_AT_THE_ROOT = 95;

const write = process.argv.includes('--write');
const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const doors = Object.entries(exports).flatMap(([door, { types }]) => {
  return types ? [{ name: door === '.' ? 'breakwater' : door.slice(2), types }] : [];
});

function configOf({ name, types }, temporary) {
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(ROOT, 'package.json'),
    configObject: {
      projectFolder: ROOT,
      mainEntryPointFilePath: join(ROOT, types),
      compiler: { tsconfigFilePath: join(ROOT, 'tsconfig.build.json') },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: REPORTS,
        reportTempFolder: temporary,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: {
        compilerMessageReporting: { default: { logLevel: 'error' } },
        // Nothing is trimmed by release tags, and a type that is reached but not exported stands in the report.
        extractorMessageReporting: { default: { logLevel: 'none' } },
        tsdocMessageReporting: { default: { logLevel: 'none' } },
      },
    },
  });
}

/** Compares the report of a door with the one in git, or replaces it. */
function extract(config, compilerState) {
  return Extractor.invoke(config, { compilerState, localBuild: write, messageCallback: silence });
}

/** What is said of a report that differs is said here; errors of the compiler are not to be lost. */
function silence(message) {
  message.handled = message.logLevel !== 'error';
}

await runChecks('Public face', async (checks, defer) => {
  const temporary = mkdtempSync(join(tmpdir(), 'breakwater-api-'));
  defer(() => rmSync(temporary, { recursive: true, force: true }));
  mkdirSync(REPORTS, { recursive: true });

  const configs = doors.map((door) => configOf(door, temporary));
  // One program for all doors: most of what is behind one is behind the others too.
  const compilerState = CompilerState.create(configs[0], {
    additionalEntryPoints: configs.map(({ mainEntryPointFilePath }) => mainEntryPointFilePath),
  });
  for (const [index, { name }] of doors.entries()) {
    await checks.check(`${name}: the report in api/ is true`, () => {
      const { apiReportChanged, errorCount } = extract(configs[index], compilerState);
      expect(errorCount === 0, `${errorCount} errors of the compiler`);
      expect(write || !apiReportChanged, 'it is not: npm run check:api -- --write, and look at it');
    });
  }
  await checks.check(`breakwater has at most ${MOST_AT_THE_ROOT} names`, () => {
    const report = readFileSync(join(REPORTS, 'breakwater.api.md'), 'utf8');
    const names = report.match(/^export (?!\{\})/gm).length;
    checks.note(`${names} names`);
    expect(names <= MOST_AT_THE_ROOT, `it has ${names}`);
  });
});
