import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { AdminRefusal, answerBytes } from './admin-exchange.js';
import type { AdminResponse } from './admin-exchange.js';

/** One file with all that it needs, put beside this one by the build. */
const PAGE = new URL('./page/index.html', import.meta.url);

interface Page {
  readonly body: Buffer;
  /** Its `Content-Security-Policy`. */
  readonly policy: string;
}

let page: Promise<Page> | undefined;

/**
 * Answers with the live page. It holds no state, and asks for the token itself.
 *
 * @throws {@link AdminRefusal} by 404 where the build has none
 */
export async function answerPage(response: AdminResponse): Promise<void> {
  page ??= readFile(PAGE).then((body) => ({ body, policy: policyOf(body.toString()) }));
  const { body, policy } = await page.catch(() => {
    page = undefined;
    throw new AdminRefusal(404, 'this build has no page');
  });
  answerBytes(response, 200, body, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': policy,
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
  });
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
