// The live page in a real Chromium, against the real service under its own policy: what an operator sees
// while the backend fails and heals, and what a click or a key does. With --write it also makes the
// pictures of docs/images.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium as playwright } from 'playwright-core';
import { expect, runChecks } from '../checks.mjs';
import { chromium } from '../chromium.mjs';
import { ROOT } from '../packaging/pack.mjs';
import { TOKEN, startClients, startGateway, startService } from './stage.mjs';

const WRITES = process.argv.includes('--write');
const IMAGES = join(ROOT, 'docs/images');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8');
/** What an element may take to appear: the stream sends a snapshot a second, the machine may be busy. */
const PATIENCE_MS = WRITES ? 40_000 : 15_000;
/** With pictures, so long that what was said has gone before the probe. */
const COOLDOWN_MS = WRITES ? 20_000 : 4_000;
/** How long what the page says stays. */
const SAID_MS = 6_000;
const WIDE = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
/** With pictures, so long that the chart is full. */
const HISTORY_MS = WRITES ? 62_000 : 0;

let command;
try {
  ({ command } = chromium());
} catch (error) {
  console.log(`The live page was not tried: ${error.message}`);
}
if (command !== undefined) await runChecks('Live page', tryPage);

async function tryPage(checks, defer) {
  const service = await checks.check('the service and its backend start', () =>
    startService(defer, { cooldownMs: COOLDOWN_MS }),
  );
  const browser = await playwright.launch({
    executablePath: command,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
  defer(() => browser.close());
  const context = await browser.newContext({ viewport: WIDE, colorScheme: 'light' });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const heard = listen(page);
  const clients = startClients(service.url, defer);

  await checks.check('it asks for the token, and says so when it is wrong', async () => {
    await page.goto(`${service.url}/admin/ui`);
    await page.getByLabel('Token', { exact: true }).fill('not-the-token-of-this-check');
    await page.getByRole('button', { name: 'Show the page' }).click();
    await page.getByText('This is not the token of the service.').waitFor();
    expect(await page.locator('#board').isHidden(), 'the board shows');
    expect(heard.problems.length === 1, `more than the refusal: ${heard.problems.join('\n')}`);
    expect(/status of 401/.test(heard.problems[0]), heard.problems[0]);
    heard.problems.length = 0;
  });

  await checks.check('the token is entered by keyboard alone', async () => {
    await page.reload();
    await page.keyboard.type(TOKEN);
    await page.keyboard.press('Enter');
    await page.locator('#connection', { hasText: 'Live' }).waitFor();
    await page.locator('#board').waitFor();
    expect(
      await page.evaluate(() => globalThis.document.activeElement.id === 'main'),
      'the focus is lost',
    );
    expect(
      (await page.evaluate(() => globalThis.scrollY)) === 0,
      'the head of the page is out of sight',
    );
  });

  await checks.check('its figures, its chart and its lists move with the traffic', async () => {
    const chart = page.locator('#chart canvas');
    const picture = () => chart.evaluate((canvas) => canvas.toDataURL());
    const before = { total: await numberIn(page, '#requests-total'), picture: await picture() };
    await until('more requests', async () => {
      const total = await numberIn(page, '#requests-total');
      return total > before.total && (await picture()) !== before.picture;
    });
    await until('a share that was saved', async () => (await numberIn(page, '#saved-ratio')) > 0);
    await page.locator('#keys .hot', { hasText: 'sku-1' }).first().waitFor();
    await page.locator('#coalescers .row').first().waitFor();
    await page.locator('#tiers .tier', { hasText: 'disk' }).waitFor();
    await page.locator('#members', { hasText: 'this one' }).waitFor();
  });

  await sleep(HISTORY_MS);
  const resource = page.locator('#circuits > li', {
    has: page.locator('.name', { hasText: /^resource$/ }),
  });
  const badge = (text) => resource.locator('.badge', { hasText: text }).waitFor();

  await checks.check('a circuit opens, says why, and counts down to its probe', async () => {
    await badge('Closed');
    await service.fail();
    await badge('Open');
    const why = await resource.locator('.why').textContent();
    expect(/fail/.test(why), `it does not say why: ${why}`);
    const probe = resource.locator('.probe', { hasText: /Probe in ([2-9]|1\d) s/ });
    await probe.waitFor();
    if (WRITES) await takePictures(page);
    await resource.locator('.probe', { hasText: /Probe in 1 s/ }).waitFor();
    await resource.locator('summary').click();
    await resource.locator('.evidence li', { hasText: 'failure' }).first().waitFor();
    await findNothing(page, 'while a circuit is open');
  });

  await checks.check('and heals with the backend, which is announced', async () => {
    await service.heal();
    await badge('Closed');
    await page.getByRole('status').filter({ hasText: 'Circuit resource: closed' }).waitFor();
  });

  await checks.check('a circuit is isolated and released by click', async () => {
    await resource.getByRole('button', { name: 'Isolate' }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await badge('Closed');
    await resource.getByRole('button', { name: 'Isolate' }).click();
    await page.locator('#confirm-yes').click();
    await badge('Isolated by hand');
    await page.emulateMedia({ colorScheme: 'dark' });
    await findNothing(page, 'while a circuit is isolated, dark');
    await page.emulateMedia({ colorScheme: 'light' });
    expect((await asked(service.url, '/api/resource')) === 503, 'callers are not refused');
    await resource.getByRole('button', { name: 'Release' }).click();
    await badge('Closed');
    expect((await asked(service.url, '/api/resource')) === 200, 'callers are refused');
  });

  await checks.check('and forced closed by keyboard alone', async () => {
    await page.evaluate(() => globalThis.document.activeElement.blur());
    await tabTo(page, 'Force closed circuit resource');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Force closed');
    await page.keyboard.press('Enter');
    await badge('Forced closed by hand');
    await tabTo(page, 'Release circuit resource');
    await page.keyboard.press('Space');
    await badge('Closed');
  });

  await checks.check('a key is purged by click: the next caller goes to the backend', async () => {
    await clients.stop();
    const path = '/products?productId=sku-1';
    const callsOf = async () => {
      const before = await service.backendCalls();
      await asked(service.url, path);
      return (await service.backendCalls()) - before;
    };
    await until('an answer that is kept', async () => (await callsOf()) === 0);
    await page
      .locator('#keys .hot', { hasText: /sku-1(?!\d)/ })
      .getByRole('button')
      .click();
    await page.locator('#confirm-yes').click();
    await page.getByRole('status').filter({ hasText: 'Purged' }).waitFor();
    expect((await callsOf()) === 1, 'the answer was there');
    await page.locator('#purge').click();
    await page.getByLabel('The answer to a URL').check();
    await page.getByLabel('Path and query').fill(path);
    await page.locator('#purge-yes').click();
    await page.locator('#purge-dialog').waitFor({ state: 'hidden' });
    await until('a call of the backend', async () => (await callsOf()) === 1);
  });

  await checks.check('axe finds nothing: light and wide, dark on a phone, in dialogs', async () => {
    for (const { viewport, colorScheme } of [
      { viewport: WIDE, colorScheme: 'light' },
      { viewport: PHONE, colorScheme: 'dark' },
    ]) {
      const where = `${viewport.width} pixels wide, ${colorScheme}`;
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      await findNothing(page, where);
      await page.locator('#purge').click();
      await findNothing(page, `the dialog, ${where}`);
      await page.keyboard.press('Escape');
      const room = await page.evaluate(() => globalThis.document.documentElement.scrollWidth);
      expect(room <= viewport.width, `it needs ${room} pixels of ${viewport.width}`);
    }
    await page.setViewportSize(WIDE);
    await page.emulateMedia({ colorScheme: 'light' });
  });

  await checks.check('nothing is loaded from elsewhere, and the console is silent', () => {
    const strange = heard.urls.filter((url) => new URL(url).origin !== service.url);
    expect(strange.length === 0, `from elsewhere: ${strange.join(', ')}`);
    expect(heard.problems.length === 0, heard.problems.join('\n'));
  });

  await checks.check('it says when the service is gone, and comes back with it', async () => {
    await service.restart(async () => {
      await page.locator('#lost', { hasText: 'The stream is lost' }).waitFor();
      await findNothing(page, 'while the stream is lost');
    });
    // The longer it was gone, the longer the page waits before it asks again.
    await page.locator('#connection', { hasText: 'Live' }).waitFor({ timeout: PATIENCE_MS * 2 });
    expect(await page.locator('#lost').isHidden(), 'it still says that the stream is lost');
  });

  await checks.check('the token is forgotten on demand, and with the tab', async () => {
    await page.locator('#leave').click();
    await page.getByLabel('Token', { exact: true }).waitFor();
    await findNothing(page, 'the question for the token');
    const other = await context.newPage();
    await other.goto(`${service.url}/admin/ui`);
    await other.getByLabel('Token', { exact: true }).waitFor();
  });

  await checks.check(
    'where a guard decides it asks for nothing, and says when it is no',
    async () => {
      const guarded = await context.newPage();
      let isLetIn = true;
      // As an application with a guard serves it, and knows its user by a cookie.
      await guarded.route('**/admin/ui', async (route) => {
        const response = await route.fetch();
        const body = (await response.text()).replace('<html ', '<html data-entry="guard" ');
        await route.fulfill({ response, body });
      });
      await guarded.route('**/admin/stream', (route) => {
        const headers = { ...route.request().headers(), authorization: `Bearer ${TOKEN}` };
        return isLetIn ? route.continue({ headers }) : route.fulfill({ status: 403, json: {} });
      });
      await guarded.goto(`${service.url}/admin/ui`);
      await guarded.locator('#connection', { hasText: 'Live' }).waitFor();
      isLetIn = false;
      await guarded.reload();
      await guarded.getByText('The application does not let you in.').waitFor();
      expect(await guarded.locator('#entry').isHidden(), 'it asks for a token');
    },
  );

  for (const [mode, says] of [
    ['on', /3 requests · 2 hits · 0 stale · 0 joined.*1 backend call · 1 answer kept/s],
    ['observe', /Of 3 requests 66\.[67] % would have been hits/],
  ]) {
    await checks.check(`a gateway shows its rules, with PROXY_MODE=${mode}`, async () => {
      const url = await startGateway(defer, { to: service.backendUrl, mode });
      for (let request = 0; request < 3; request += 1) {
        await asked(url, '/backend/products/<img src=x onerror=alert(1)>');
      }
      const gatewayPage = await context.newPage();
      const told = listen(gatewayPage);
      await gatewayPage.goto(`${url}/admin/ui`);
      await gatewayPage.keyboard.type(TOKEN);
      await gatewayPage.keyboard.press('Enter');
      const section = gatewayPage.locator('#gateway');
      await section.locator('#rules .row', { hasText: 'default' }).waitFor();
      const words = await section.textContent();
      expect(says.test(words), words);
      expect(
        (await section.locator('#forecast').isVisible()) === (mode === 'observe'),
        'the forecast is where it should not be',
      );
      await findNothing(gatewayPage, `the gateway, ${mode}`);
      expect(told.problems.length === 0, told.problems.join('\n'));
      await gatewayPage.close();
    });
  }
}

/** What the page asks for, and what the browser complains of: a breach of the policy is among it. */
function listen(page) {
  const heard = { urls: [], problems: [] };
  page.on('request', (request) => {
    if (!request.url().startsWith('data:')) heard.urls.push(request.url());
  });
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) heard.problems.push(message.text());
  });
  page.on('pageerror', (error) => heard.problems.push(String(error)));
  return heard;
}

async function until(what, holds) {
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    if (await holds()) return;
    await sleep(100);
  }
  throw new Error(`there was never ${what}`);
}

async function numberIn(page, selector) {
  const text = (await page.locator(selector).textContent()) ?? '';
  return Number(/[\d,.]+/.exec(text)?.[0].replaceAll(',', '') ?? 0);
}

async function asked(url, path) {
  const response = await fetch(`${url}${path}`);
  await response.arrayBuffer();
  return response.status;
}

/** Goes from element to element as Tab does, until the one of this name. */
async function tabTo(page, name) {
  for (let step = 0; step < 100; step += 1) {
    await page.keyboard.press('Tab');
    const found = await page.evaluate(() =>
      globalThis.document.activeElement.textContent.replace(/\s+/g, ' ').trim(),
    );
    if (found === name) return;
  }
  throw new Error(`Tab never comes to "${name}"`);
}

/** By all rules of axe, put into the page beside its own script. */
async function findNothing(page, where) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const found = violations.map(({ id, help, nodes }) => {
    return `${where}: ${id}, ${help}\n  ${nodes.map(({ html }) => html).join('\n  ')}`;
  });
  expect(found.length === 0, found.join('\n'));
}

/** While a circuit is open. */
async function takePictures(page) {
  mkdirSync(IMAGES, { recursive: true });
  const take = async (name) => {
    // The chart is drawn anew for other colours and another width.
    await sleep(300);
    await page.screenshot({ path: join(IMAGES, `live-page-${name}.png`) });
  };
  await page.setViewportSize({ width: WIDE.width, height: 1_040 });
  await sleep(SAID_MS);
  await take('light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await take('dark');
  await page.setViewportSize(PHONE);
  await page.emulateMedia({ colorScheme: 'light' });
  await take('phone');
  await page.setViewportSize(WIDE);
}
