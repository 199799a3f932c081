// A copy of the built code that tells each function it enters.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

/** The global that each function of the copy calls first, with the number of its file. */
export const STEP = '__breakwaterStep';

/** Writes the copy to `to`, and returns the paths of its files by their numbers. */
export function instrument(from, to) {
  rmSync(to, { recursive: true, force: true });
  const files = readdirSync(from, { recursive: true }).filter((path) => path.endsWith('.js'));
  files.forEach((path, number) => {
    const target = join(to, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, withSteps(readFileSync(join(from, path), 'utf8'), number));
  });
  return files;
}

/** The same program, on the same lines. */
export function withSteps(text, number) {
  const source = ts.createSourceFile('file.js', text, ts.ScriptTarget.Latest, true);
  const step = `globalThis.${STEP}?.(${number})`;
  const insertions = [];
  const visit = (node) => {
    if (ts.isFunctionLike(node) && node.body) {
      const { body } = node;
      if (ts.isBlock(body)) insertions.push([body.getStart(source) + 1, `${step};`]);
      else insertions.push([body.getStart(source), `(${step},`], [body.getEnd(), ')']);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  let made = '';
  let done = 0;
  for (const [at, insertion] of insertions.sort(([a], [b]) => a - b)) {
    made += text.slice(done, at) + insertion;
    done = at;
  }
  return made + text.slice(done);
}
