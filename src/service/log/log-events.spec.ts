import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

describe('The table of events', () => {
  it('has a row for every line that somebody acts on, and no other', () => {
    const sources = readSources().filter((text) => text.includes('new LogEvent('));
    const told = sources.flatMap((text) =>
      [
        ...text.matchAll(/'((?:circuit|cluster|rules)\.[a-z-]+)'|new LogEvent\(\s*'([a-z.-]+)'/g),
      ].map(([, byName, direct]) => byName ?? direct ?? ''),
    );
    const rows = [
      ...readFileSync('docs/logging.md', 'utf8').matchAll(/^\| `([a-z-]+\.[a-z-]+)`/gm),
    ];
    expect(new Set(rows.map(([, event]) => event))).toEqual(new Set(told));
  });
});

function readSources(): string[] {
  return readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts'))
    .map((path) => readFileSync(`src/${path}`, 'utf8'));
}
