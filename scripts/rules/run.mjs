// The reference of the rule file: docs/rules.schema.json, by which editors check it and complete it, and
// docs/gateway-rules.md, both made of what the built gateway reads. Without arguments it says whether they
// are still true; `--write` makes them anew.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import prettier from 'prettier';
import { parse } from 'yaml';
import { z } from 'zod';
import { expect, runChecks } from '../checks.mjs';
import { EXAMPLE, pageOf } from './page.mjs';

const ROOT = join(import.meta.dirname, '..', '..');
const SCHEMA = 'docs/rules.schema.json';
const PAGE = 'docs/gateway-rules.md';
const write = process.argv.includes('--write');

function built(file) {
  const path = join(ROOT, 'dist', 'gateway', 'rules', file);
  if (!existsSync(path)) throw new Error('There is no dist/gateway to ask: npm run build');
  return import(pathToFileURL(path).href);
}

async function formatted(path, text) {
  const options = await prettier.resolveConfig(join(ROOT, path));
  return prettier.format(text, { ...options, filepath: path });
}

await runChecks('Rule file', async (checks) => {
  const { rulesSchema } = await built('file-schema.js');
  const { parseRuleFile } = await built('rule-file.js');
  const schema = z.toJSONSchema(rulesSchema, { io: 'input' });
  schema.title = 'Rules of the Breakwater gateway';

  await checks.check('the example of the page is what the gateway reads, without a warning', () => {
    const { warnings } = parseRuleFile(EXAMPLE, 'rules.yaml');
    expect(warnings.length === 0, warnings.join('\n'));
  });
  await checks.check('the schema takes the example, and refuses what the gateway refuses', () => {
    const takes = new Ajv2020({ validateFormats: false }).compile(schema);
    const example = parse(EXAMPLE);
    expect(takes(example), JSON.stringify(takes.errors));
    for (const wrong of [{ rulse: [] }, { rules: [{ freshness: 'htpp' }] }, { version: 2 }]) {
      expect(!takes({ ...example, ...wrong }), `${JSON.stringify(wrong)} is taken`);
    }
  });
  const files = {
    [SCHEMA]: await formatted(SCHEMA, JSON.stringify(schema)),
    [PAGE]: await formatted(PAGE, pageOf(rulesSchema)),
  };
  for (const [path, text] of Object.entries(files)) {
    if (write) writeFileSync(join(ROOT, path), text);
    await checks.check(`${path} is what the gateway reads`, () => {
      const known = existsSync(join(ROOT, path)) ? readFileSync(join(ROOT, path), 'utf8') : '';
      expect(known === text, 'it is not: npm run check:rules -- --write, and look at it');
    });
  }
});
