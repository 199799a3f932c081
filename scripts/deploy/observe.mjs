// Checks what is there to observe the service by: promtool tries the alerts and the metrics page, and a real
// Prometheus reads the service while it plays the demo's story; then each query of the dashboard has data.
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { expect, runChecks } from '../checks.mjs';
import { ROOT } from '../packaging/pack.mjs';
import { ServerProcess, cleanEnvironment, freePort, run, untilReady } from '../processes.mjs';
import { prometheus } from '../prometheus.mjs';
import { redisServer } from '../redis-server.mjs';
import { expectObservedService } from './observed-compose.mjs';
import { textOf, yamlOf } from './examples.mjs';

const RULES = join(ROOT, 'deploy/prometheus');
const DASHBOARDS = join(ROOT, 'deploy/grafana/dashboards');
const COOLDOWN_MS = 2_000;
const READY_MS = 30_000;

/** What Grafana puts into a query. */
const VARIABLES = {
  $__rate_interval: '1m',
  $__range: '5m',
  $job: 'breakwater',
  $instance: '.*',
};

/** Every query of every dashboard, with the panel that asks it. */
function queries() {
  return readdirSync(DASHBOARDS).flatMap((name) => {
    const { panels } = JSON.parse(readFileSync(join(DASHBOARDS, name), 'utf8'));
    return panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }) => ({
        title,
        expr: Object.entries(VARIABLES).reduce(
          (text, [name, it]) => text.replaceAll(name, it),
          expr,
        ),
      })),
    );
  });
}

/** prometheus.yml, but for the target, and for reading it every second. */
function configFor(target) {
  const config = yamlOf('prometheus/prometheus.yml');
  const [scrape] = config.scrape_configs;
  return {
    ...config,
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: config.rule_files.map((file) => join(RULES, file)),
    scrape_configs: [{ ...scrape, static_configs: [{ targets: [target] }] }],
  };
}

/** Does `work` without what it prints. */
async function quietly(work) {
  const { write } = process.stdout;
  process.stdout.write = () => true;
  try {
    await work();
  } finally {
    process.stdout.write = write;
  }
}

async function textAt(url) {
  const response = await fetch(url);
  const text = await response.text();
  expect(response.ok, `${url}: ${response.status} ${text}`);
  return text;
}

/** A service with a store and a disk, in front of a backend in this process. */
async function startService(defer, folder) {
  const { SimulatedBackend } = await import(join(ROOT, 'dist/service/demo/simulated-backend.js'));
  const backend = new SimulatedBackend();
  const backendPort = await backend.listen(0);
  defer(() => backend.close());
  const [port, storePort] = [await freePort(), await freePort()];
  const { command, libraries } = redisServer();
  const store = new ServerProcess(
    command,
    ['--port', String(storePort), '--bind', '127.0.0.1', '--save', '', '--dir', folder],
    { env: { ...process.env, ...(libraries && { LD_LIBRARY_PATH: libraries }) } },
  );
  defer(() => store.stop(2_000));
  await store.until(() => store.output.includes('eady to accept connections'), READY_MS);
  const service = new ServerProcess(process.execPath, [join(ROOT, 'dist/main.js')], {
    env: {
      ...cleanEnvironment(),
      PORT: String(port),
      BACKEND_URL: `http://127.0.0.1:${backendPort}`,
      REDIS_URL: `redis://127.0.0.1:${storePort}`,
      CACHE_DIR: join(folder, 'cache'),
      CIRCUIT_COOLDOWN_MS: String(COOLDOWN_MS),
      SHUTDOWN_DRAIN_MS: '0',
      LOG_LEVEL: 'warn',
    },
  });
  defer(() => service.stop(5_000));
  const url = `http://127.0.0.1:${port}`;
  await untilReady(service, url, READY_MS);
  return { backend, url };
}

async function startPrometheus(command, defer, folder, target) {
  const port = await freePort();
  const config = join(folder, 'prometheus.yml');
  // JSON is YAML.
  writeFileSync(config, JSON.stringify(configFor(target)));
  const server = new ServerProcess(command, [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  defer(() => server.stop(5_000));
  const api = `http://127.0.0.1:${port}/api/v1`;
  const ask = async (expr) => {
    const { data } = JSON.parse(await textAt(`${api}/query?query=${encodeURIComponent(expr)}`));
    return data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
  };
  await server.until(async () => {
    const found = await ask('up{job="breakwater"}').catch(() => []);
    return found.some(({ value }) => value === 1);
  }, READY_MS);
  return { api, ask };
}

function expectFinite(found, { title, expr }) {
  const has = found.some(({ value }) => Number.isFinite(value));
  expect(has, `"${title}" has no data: ${expr}`);
}

await runChecks('Observing', async (checks, defer) => {
  await checks.check('compose.yaml wires Prometheus and Grafana to what they are to show', () =>
    expectObservedService(parse(readFileSync(join(ROOT, 'compose.yaml'), 'utf8'), { merge: true })),
  );
  await checks.check('the dashboard asks for metrics that there are', async () => {
    const { METRICS } = await import(join(ROOT, 'dist/metrics/index.js'));
    const known = new Set(Object.values(METRICS).flatMap((group) => Object.keys(group)));
    const asked = [...queries().map(({ expr }) => expr), textOf('prometheus/alerts.yml')];
    for (const name of asked.join('\n').match(/breakwater_[a-z_]+(?=[{[()\s])/g)) {
      const plain = name.replace(/_(bucket|sum|count)$/, '');
      expect(known.has(name) || known.has(plain), `there is no metric ${name}`);
    }
  });

  let programs;
  try {
    programs = prometheus();
  } catch (error) {
    checks.note(`Neither alerts nor dashboard are tried. ${error.message}`);
    return;
  }
  const { command, promtool } = programs;
  const inRules = { cwd: RULES };
  await checks.check(
    'promtool takes the configuration, and each alert does what its test says',
    () => {
      run(promtool, ['check', 'config', 'prometheus.yml'], inRules);
      run(promtool, ['test', 'rules', 'alerts.test.yml'], inRules);
      const tests = textOf('prometheus/alerts.test.yml');
      for (const { alert } of yamlOf('prometheus/alerts.yml').groups.flatMap(
        ({ rules }) => rules,
      )) {
        expect(tests.includes(alert), `no test speaks of ${alert}`);
      }
    },
  );

  const folder = mkdtempSync(join(tmpdir(), 'breakwater-observe-'));
  defer(() => rmSync(folder, { recursive: true, force: true }));
  const { backend, url } = await startService(defer, folder);
  const { api, ask } = await startPrometheus(command, defer, folder, new URL(url).host);
  const { tellStory } = await import(join(ROOT, 'dist/service/demo/story.js'));
  const product = `${url}/products?productId=7`;
  await checks.check(
    'Prometheus reads the service while it plays the story of the demo',
    async () => {
      for (let request = 0; request < 3; request++) await textAt(product);
      await quietly(() => tellStory({ serviceUrl: url, backend, cooldownMs: COOLDOWN_MS }));
      for (let request = 0; request < 3; request++) await textAt(product);
      // Rates need two readings of what is new.
      await sleep(3_000);
      const [{ value: saved }] = await ask('sum(breakwater_backend_calls_saved_total)');
      expect(saved >= 99, `the story has saved ${saved} calls`);
      const opened = await ask('max_over_time(breakwater_circuit_state{state="open"}[1m])');
      expect(
        opened.some(({ value }) => value === 1),
        'no reading has seen the circuit open',
      );
    },
  );
  await checks.check('promtool accepts the page', async () => {
    const page = await textAt(`${url}/metrics`);
    run(promtool, ['check', 'metrics'], { input: page, stdio: ['pipe', 'pipe', 'pipe'] });
  });
  const all = queries();
  await checks.check(`each of the ${all.length} queries of the dashboard has data`, async () => {
    for (const query of all) expectFinite(await ask(query.expr), query);
  });
  await checks.check('Prometheus has taken every alert, and none has trouble', async () => {
    const { data } = JSON.parse(await textAt(`${api}/rules`));
    const rules = data.groups.flatMap((group) => group.rules);
    for (const { name, health } of rules) expect(health === 'ok', `${name} is ${health}`);
    expect(rules.length > 10, `there are ${rules.length} alerts`);
  });
});
