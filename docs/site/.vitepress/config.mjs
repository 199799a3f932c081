import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitepress';

// What `npm run docs` has put together: the pages of docs/ beside README.md and deploy/, as they lie in a
// checkout, so that their links hold in both places.
const PAGES = join(import.meta.dirname, '..', 'pages');

/** The order in which a reader may want them; a page that is not here stands under "More". */
const GROUPS = {
  Start: ['getting-started', 'recipes', 'coming-from', 'testing'],
  Concepts: [
    'gateway',
    'gateway-rules',
    'coalescing',
    'caching',
    'circuit-breaker',
    'cluster',
    'workers',
    'disk-tier',
    'backend',
  ],
  Operate: [
    'operations',
    'command',
    'metrics',
    'tracing',
    'admin',
    'logging',
    'security',
    'performance',
  ],
  Inside: ['architecture', 'dependencies', 'collapsed-forwarding-node'],
};

function titleOf(path) {
  const [, title] = /^# (.+)$/m.exec(readFileSync(join(PAGES, path), 'utf8')) ?? [];
  if (title === undefined) throw new Error(`${path} has no heading`);
  return title.replaceAll('`', '');
}

function sidebar() {
  const left = new Set(
    readdirSync(join(PAGES, 'docs'))
      .filter((name) => name.endsWith('.md'))
      .map((name) => name.slice(0, -'.md'.length)),
  );
  const item = (name) => ({ text: titleOf(`docs/${name}.md`), link: `/docs/${name}` });
  const groups = Object.entries(GROUPS).map(([text, names]) => ({
    text,
    items: names.filter((name) => left.delete(name)).map(item),
  }));
  const measured = ['benchmarks', 'comparison', 'newcomer']
    .filter((name) => existsSync(join(PAGES, `docs/measured/${name}.md`)))
    .map((name) => ({ text: titleOf(`docs/measured/${name}.md`), link: `/docs/measured/${name}` }));
  const more = [
    ...[...left].sort().map(item),
    ...measured,
    { text: 'Deployment examples', link: '/deploy/README' },
    { text: 'Changelog', link: '/CHANGELOG' },
  ];
  return [...groups, { text: 'More', items: more, collapsed: true }];
}

export default defineConfig({
  title: 'Breakwater',
  description: 'Request coalescing, caching and circuit breaking for NestJS',
  lang: 'en',
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  srcDir: 'pages',
  outDir: 'dist',
  cacheDir: '.vitepress/cache',
  ignoreDeadLinks: false,
  // Addresses in the text are examples: nobody is to follow `http://localhost:3001`.
  markdown: { linkify: false },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Getting started', link: '/docs/getting-started' },
      { text: 'The proxy', link: '/README' },
      { text: 'API', link: '/api/' },
    ],
    sidebar: sidebar(),
    footer: { message: 'MIT' },
  },
});
