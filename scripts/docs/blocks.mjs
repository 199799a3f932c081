// The code blocks of the documentation, and what is to become of each: its fence says.
//
//   ts            a whole module: compiled as it stands
//   ts [name.ts]  the same, under that name: the blocks of a page that have names see each other
//   ts run        a program: compiled, and run to its end (also with a name)
//   ts jest       a test: compiled, and run by jest; likewise `ts vitest`
//   ts fragment   a part: what it does not import or declare, the reader has
//   ts foreign    of another package: its syntax alone is checked
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const KINDS = ['module', 'run', 'jest', 'vitest', 'fragment', 'foreign'];
const FENCE = /^```(ts|typescript)\b[ \t]*(.*)\n([\s\S]*?)^```/gm;

/** The pages whose code is checked, from the root of the repository. */
export function pagesOf(root) {
  const docs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  return ['README.md', ...docs.sort().map((name) => `docs/${name}`)];
}

/** Each TypeScript block of a page: where it is, what it is, and its code. */
export function blocksOf(root, page) {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(FENCE)].map(({ index, 2: info, 3: code }) => {
    const line = text.slice(0, index).split('\n').length + 1;
    const name = /\[([\w./-]+)\]/.exec(info)?.[1];
    const kind = info.replace(/\[.*\]/, '').trim() || 'module';
    if (!KINDS.includes(kind)) throw new Error(`${page}:${line}: "${info}" is no kind of block`);
    return { page, line, kind, name, code };
  });
}

/** What fragments take for granted: the reader's own. */
const READERS_OWN = `
  import { HttpService } from '@nestjs/axios';
  import { Controller, Get, Injectable, Logger, Module, Param } from '@nestjs/common';
  import type { INestApplication } from '@nestjs/common';
  import { NestFactory } from '@nestjs/core';
  import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
  import { z } from 'zod';
  declare const app: INestApplication, caching: CachingService, pair: string;
  declare function token(): string;
  type Rate = number;
  declare class RateDto {}
  declare function fetchRate(pair: string, signal?: AbortSignal): Promise<Rate>;
  declare function fetchPrice(sku: string, signal: AbortSignal): Promise<number>;
`;

/** A fragment as a module of its own. @param exported the names at the root of the package */
export function moduleOfFragment(code, exported) {
  // Members of a decorator, shown by themselves.
  const body = code.startsWith('imports: [') ? `({ ${code.trim().replace(/;$/, '')} });` : code;
  const own = new Set(
    [...body.matchAll(/\b(?:const|class|function|type) (\w+)/g)].map(([, name]) => name),
  );
  const imported = new Set(
    [...body.matchAll(/import (?:type )?\{([^}]*)\}/g)].flatMap(([, names]) =>
      names.split(',').map((name) => name.trim()),
    ),
  );
  const isThere = (name) => own.has(name) || imported.has(name);
  const names = exported.filter((name) => !isThere(name));
  const given = READERS_OWN.replace(/import (type )?\{([^}]*)\}/g, (_, type = '', list) => {
    const left = list
      .split(',')
      .map((name) => name.trim())
      .filter((name) => !isThere(name));
    return `import ${type}{ ${left.join(', ')} }`;
  })
    .split('\n')
    .filter((line) => ![...own].some((name) => line.includes(`declare function ${name}(`)))
    .join('\n');
  const application = own.has('AppModule') ? '' : 'declare class AppModule {}\n';
  const context = own.has('app') ? given.replace('app: INestApplication, ', '') : given;
  return `import { ${names.join(', ')} } from 'breakwater';\n${context}${application}${body}\nexport {};`;
}
