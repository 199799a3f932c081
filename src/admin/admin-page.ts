import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { AdminRefusal, answerBytes } from './admin-exchange.js';
import type { AdminResponse } from './admin-exchange.js';

/** One file with all that it needs, put beside this one by the build. */
const PAGE = new URL('./page/index.html', import.meta.url);

interface Page {
  readonly body: Buffer;
  /** For an application that has a guard of its own: it says so, and asks for no token. */
  readonly guarded: Buffer;
  /** Its `Content-Security-Policy`. */
  readonly policy: string;
}

let page: Promise<Page> | undefined;

/**
 * Answers with the live page. It holds no state, and asks for the token itself, or where the application has
 * a guard of its own (`isGuarded`), for nothing.
 *
 * @throws {@link AdminRefusal} by 404 where the build has none
 */
export async function answerPage(response: AdminResponse, isGuarded: boolean): Promise<void> {
  page ??= readFile(PAGE).then((body) => pageOf(body));
  const { body, guarded, policy } = await page.catch(() => {
    page = undefined;
    throw new AdminRefusal(404, 'this build has no page');
  });
  answerBytes(response, 200, isGuarded ? guarded : body, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': policy,
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
  });
}

function pageOf(body: Buffer): Page {
  const html = body.toString();
  const guarded = html.replace('<html ', '<html data-entry="guard" ');
  return { body, guarded: Buffer.from(guarded), policy: policyOf(html) };
}

/**
 * Of scripts and styles those alone are good that stand in the file, by their hashes. Nothing is loaded from
 * elsewhere, nothing is sent elsewhere, and nobody may frame it.
 */
export function policyOf(html: string): string {
  return [
    "default-src 'none'",
    `script-src ${hashesOf(html, 'script')}`,
    `style-src ${hashesOf(html, 'style')}`,
    'img-src data:',
    "connect-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function hashesOf(html: string, element: string): string {
  const blocks = html.matchAll(new RegExp(`<${element}\\b[^>]*>([^]*?)</${element}>`, 'gi'));
  const hashes = [...blocks].map(([, text = '']) => {
    return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  });
  return hashes.length === 0 ? "'none'" : hashes.join(' ');
}
