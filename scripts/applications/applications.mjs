// The applications, as their own users start them, and what somebody does with them: a recorded visit.
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const HERE = import.meta.dirname;
const JSON_TYPE = { 'Content-Type': 'application/json' };

/** So many posts that lists have pages, and one is larger than a packet. */
const posts = Array.from({ length: 120 }, (_, i) => ({
  ...{ id: i + 1, title: `Post ${i + 1}`, author: ['ann', 'bob', 'eve'][i % 3] },
  body: `Words of post ${i + 1}. `.repeat(20),
}));

/** Bytes that are the same each time, and have no order to guess. */
function bytes(length) {
  return Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 31) ^ (i >> 8)));
}

/** A file of the same age in each copy: entity tags are made of that. */
function write(file, content) {
  writeFileSync(file, content);
  utimesSync(file, 1_790_000_000, 1_790_000_000);
}

/**
 * @typedef {object} Step
 * @property {string} [method] GET where it is left out
 * @property {string} path
 * @property {Record<string, string>} [headers] a value that begins with `=` is that of a field of the answer
 *   to the same path before
 * @property {string} [body]
 * @property {number} [times] so often, one after the other
 * @property {number} [atOnce] so often, side by side
 */

const seen = (path, field, asked) => ({ path, headers: { [asked]: `=${field}` } });
const atOnce = (path, count = 10) => ({ path, atOnce: count });
const twice = (path, headers) => ({ path, headers, times: 2 });
const range = (path, part, more) => ({ path, headers: { Range: `bytes=${part}`, ...more } });

/**
 * @typedef {object} Application
 * @property {string} name
 * @property {string} program path of what its package runs
 * @property {(port: number, folder: string) => readonly string[]} args `folder` is its own, and empty
 * @property {readonly Step[]} visit
 * @property {string} [staysFresh] path of what stays fresh for longer than a check takes
 */

/** @type {readonly Application[]} */
export const APPLICATIONS = [
  {
    name: 'json-server, a JSON API',
    program: 'json-server/lib/cli/bin.js',
    args(port, folder) {
      const file = join(folder, 'db.json');
      write(file, JSON.stringify({ posts, profile: { name: 'shop' } }));
      return [file, '--quiet', '--host', '127.0.0.1', '--port', String(port)];
    },
    visit: [
      twice('/posts?_page=2&_limit=7'),
      twice('/posts'),
      twice('/posts/7'),
      twice('/posts?author=bob&_sort=title&_order=desc'),
      twice('/profile', { 'Accept-Encoding': 'gzip' }),
      twice('/posts', { 'Accept-Encoding': 'gzip, br' }),
      { method: 'HEAD', path: '/posts/7' },
      { method: 'OPTIONS', path: '/posts', headers: { Origin: 'https://shop.example' } },
      { path: '/posts/7', headers: { Origin: 'https://shop.example' }, times: 2 },
      seen('/posts/7', 'etag', 'If-None-Match'),
      { method: 'POST', path: '/posts', headers: JSON_TYPE, body: '{"title":"new"}' },
      twice('/posts/121'),
      { method: 'PUT', path: '/posts/121', headers: JSON_TYPE, body: '{"title":"put"}' },
      twice('/posts/121'),
      { method: 'PATCH', path: '/posts/121', headers: JSON_TYPE, body: '{"author":"ann"}' },
      twice('/posts/121'),
      twice('/posts?author=ann'),
      { method: 'DELETE', path: '/posts/121' },
      twice('/posts/121'),
      { method: 'POST', path: '/posts', headers: JSON_TYPE, body: '{"title":' },
      atOnce('/posts?_page=3&_limit=10'),
      atOnce('/posts'),
    ],
  },
  {
    name: 'sirv, static files with ranges and entity tags',
    program: 'sirv-cli/bin.js',
    staysFresh: '/assets/app.js',
    args(port, folder) {
      const files = { 'index.html': '<!doctype html><title>Files</title>', 'a b.txt': 'text\n' };
      for (const [file, text] of Object.entries(files)) write(join(folder, file), text);
      write(join(folder, 'large.bin'), bytes(3_000_000));
      mkdirSync(join(folder, 'assets'));
      write(join(folder, 'assets', 'app.js'), 'export const answer = 42;\n'.repeat(500));
      const address = ['--host', '127.0.0.1', '--port', String(port)];
      return [folder, ...address, '--etag', '--maxage', '60', '--quiet', '--no-clear'];
    },
    visit: [
      twice('/'),
      twice('/assets/app.js'),
      twice('/a%20b.txt'),
      twice('/large.bin'),
      atOnce('/large.bin', 20),
      // Not `-10` and not `0-0`, which sirv reads as other parts than HTTP says.
      range('/large.bin', '0-99'),
      range('/large.bin', '2999990-'),
      range('/large.bin', '3000000-'),
      range('/large.bin', '5-9', { 'If-None-Match': '"other"' }),
      range('/assets/app.js', '100-199'),
      { method: 'HEAD', path: '/large.bin' },
      seen('/', 'etag', 'If-None-Match'),
      seen('/large.bin', 'etag', 'If-None-Match'),
      twice('/nothing/here.txt'),
      twice('/?a=1&b=2'),
      atOnce('/assets/app.js', 20),
    ],
  },
  {
    name: 'harp, a site rendered on the server',
    program: 'harp/bin/harp',
    args: (port) => [join(HERE, 'site'), '--host', '127.0.0.1', '--silent', '--port', String(port)],
    visit: [
      twice('/'),
      twice('/guide/'),
      twice('/guide'),
      twice('/look.css'),
      twice('/index.html'),
      { method: 'HEAD', path: '/guide/' },
      twice('/no-such-page'),
      seen('/', 'etag', 'If-None-Match'),
      { method: 'POST', path: '/', body: 'a=1' },
      { path: '/guide/', headers: { Cookie: 'session=1' }, times: 2 },
      atOnce('/', 20),
      atOnce('/guide/', 20),
      atOnce('/look.css', 20),
    ],
  },
];
