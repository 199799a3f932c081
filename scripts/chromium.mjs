// Chromium, in which the live page is tried. Run by itself it prints what redis-server.mjs prints.
import { findInstalled, printServer } from './debian-server.mjs';

/** @returns {{ command: string }} */
export function chromium() {
  return findInstalled({
    names: ['chromium', 'chromium-browser', 'google-chrome'],
    packages: ['chromium'],
    missing: 'There is no chromium: neither on the PATH nor to be installed by apt.',
  });
}

printServer(import.meta.url, chromium);
