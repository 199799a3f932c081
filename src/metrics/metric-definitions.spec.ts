import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { METRICS } from './index.js';
import type { MetricDefinition } from './index.js';

const DEFINED = Object.values(METRICS).flatMap((group) =>
  Object.entries(group as Readonly<Record<string, MetricDefinition>>),
);

describe('every metric', () => {
  it('is in the documentation: type, labels and meaning', () => {
    const rows = readFileSync('docs/metrics.md', 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('| `breakwater_'))
      .map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
    const defined = DEFINED.map(([name, { type, help, labels = [] }]) => [
      ...[`\`${name}\``, type, labels.map((label) => `\`${label}\``).join(', '), help],
    ]);
    expect(new Set(rows.map((row) => row.join('|')))).toEqual(
      new Set(defined.map((row) => row.join('|'))),
    );
  });

  it.each(DEFINED)('%s has a name by the conventions of Prometheus', (name, { type, help }) => {
    expect(name).toMatch(/^breakwater_[a-z_]+$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
    expect(name).not.toMatch(/_(ms|milliseconds|kb|mb)(_|$)/);
    expect(help).toMatch(/^[A-Z1].*\.$/);
  });
});
