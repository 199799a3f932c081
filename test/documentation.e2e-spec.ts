import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import ts from 'typescript';

const PAGES = [
  'README.md',
  ...[
    'backend',
    'caching',
    'circuit-breaker',
    'cluster',
    'coalescing',
    'disk-tier',
    'logging',
    'metrics',
  ].map((page) => `docs/${page}.md`),
];

/** What an example takes for granted: the reader's own. */
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

/** Each example of a page, with its first line. */
function examplesOf(page: string): { readonly line: number; readonly code: string }[] {
  const text = readFileSync(page, 'utf8');
  return [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(({ index, 1: code = '' }) => ({
    line: text.slice(0, index).split('\n').length + 1,
    code,
  }));
}

/** An example as a module of its own: what it does not import or declare, the reader has. */
function moduleOf(code: string, exported: readonly string[]): string {
  // Members of a decorator, shown by themselves.
  const body = code.startsWith('imports: [') ? `({ ${code.trim().replace(/;$/, '')} });` : code;
  if (body.includes("from '@nestjs/common'")) {
    return `${body}\ndeclare function fetchRate(pair: string, signal: AbortSignal): Promise<number>;`;
  }
  const own = new Set([...body.matchAll(/\b(?:const|class) (\w+)/g)].map(([, name]) => name));
  const imports = exported.filter(
    (name) => !own.has(name) && !new RegExp(`import .*\\b${name}\\b`).test(body),
  );
  const application = own.has('AppModule') ? '' : 'declare class AppModule {}\n';
  const given = own.has('app') ? READERS_OWN.replace('app: INestApplication, ', '') : READERS_OWN;
  return `import { ${imports.join(', ')} } from 'breakwater';\n${given}${application}${body}\nexport {};`;
}

jest.setTimeout(600_000);

describe('The examples of the documentation', () => {
  it('compile in an application of the strictest settings, exactOptionalPropertyTypes among them', () => {
    const root = process.cwd();
    const index = join(root, 'src/index.ts');
    const options: ts.CompilerOptions = {
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
      noEmit: true,
      paths: {
        breakwater: [index],
        'breakwater/metrics': [join(root, 'src/metrics/index.ts')],
        'breakwater/express': [join(root, 'src/express/index.ts')],
      },
    };
    const files = new Map<string, string>();
    const host = ts.createCompilerHost(options);
    const { readFile, fileExists } = host;
    host.readFile = (name) => files.get(name) ?? readFile(name);
    host.fileExists = (name) => files.has(name) || fileExists(name);
    const { getSourceFile } = host;
    host.getSourceFile = (name, version, ...rest) => {
      const text = files.get(name);
      if (text === undefined) return getSourceFile(name, version, ...rest);
      return ts.createSourceFile(name, text, version);
    };

    const surface = ts.createProgram([index], options, host);
    const symbol = surface.getTypeChecker().getSymbolAtLocation(surface.getSourceFile(index)!);
    const exported = surface
      .getTypeChecker()
      .getExportsOfModule(symbol!)
      .map(({ name }) => name);

    for (const page of PAGES) {
      for (const { line, code } of examplesOf(page)) {
        const name = join(root, `example-${page.replaceAll(/\W/g, '-')}-${line}.ts`);
        files.set(name, moduleOf(code, exported));
      }
    }
    const program = ts.createProgram([...files.keys()], options, host, surface);
    // The examples alone: this working copy's own sources are not compiled as an application's are.
    const wrong = [...files.keys()].flatMap((name) => {
      const source = program.getSourceFile(name)!;
      return [
        ...program.getSyntacticDiagnostics(source),
        ...program.getSemanticDiagnostics(source),
      ].map(
        ({ messageText, start = 0 }) =>
          `${name.slice(root.length + 1)}: ${ts.flattenDiagnosticMessageText(messageText, '\n')} at ` +
          source.text.slice(start, start + 60),
      );
    });
    expect(files.size).toBeGreaterThan(10);
    expect(wrong).toEqual([]);
  });
});
