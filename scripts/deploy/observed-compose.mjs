// Whether the profile `observe` of compose.yaml fits itself, and the files that it mounts.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '../checks.mjs';
import { ROOT } from '../packaging/pack.mjs';
import { yamlOf } from './examples.mjs';

const OBSERVERS = ['prometheus', 'grafana'];

/** Where a container sees a folder of this repository. */
function insideOf({ volumes }, folder) {
  const mount = volumes.map((text) => text.split(':')).find(([source]) => source === `./${folder}`);
  expect(mount, `nobody mounts ${folder}`);
  const [, inside, mode] = mount;
  expect(existsSync(join(ROOT, folder)), `${folder} is not there`);
  expect(mode === 'ro', `${folder} may be written to`);
  return inside;
}

function portOf({ ports }, which) {
  return ports[0].split(':').at(which);
}

export function expectObservedService({ services }) {
  for (const name of OBSERVERS) {
    const { profiles, ports, image, user, read_only: readOnly, cap_drop: dropped } = services[name];
    expect(profiles.join() === 'observe', `${name} starts without being asked for`);
    expect(/:v?\d+\.\d+\.\d+$/.test(image), `the image of ${name} is of no version`);
    expect(readOnly === true && dropped.join() === 'ALL' && user, `${name} is not locked down`);
    for (const port of ports) {
      expect(port.startsWith('127.0.0.1:'), `${name} is published to others than this machine`);
    }
  }
  const published = Object.values(services).flatMap(({ ports = [] }) => ports);
  const outside = published.map((text) => text.split(':').at(-2));
  expect(new Set(outside).size === outside.length, `a port is given twice: ${outside.join()}`);

  // Prometheus reads the service, by its name and port.
  const { prometheus, grafana, breakwater } = services;
  const rules = insideOf(prometheus, 'deploy/prometheus');
  expect(
    prometheus.command.includes(`--config.file=${rules}/prometheus.yml`),
    'Prometheus reads another configuration',
  );
  const config = yamlOf('prometheus/prometheus.yml');
  const [{ targets }] = config.scrape_configs[0].static_configs;
  const target = `breakwater:${portOf(breakwater, -1)}`;
  expect(targets.join() === target, `Prometheus reads ${targets.join()}, not ${target}`);
  for (const file of config.rule_files) {
    expect(existsSync(join(ROOT, 'deploy/prometheus', file)), `${file} is not there`);
  }

  // Grafana reads Prometheus, and finds the dashboard.
  insideOf(grafana, 'deploy/grafana/provisioning');
  const dashboards = insideOf(grafana, 'deploy/grafana/dashboards');
  const [{ url, jsonData }] = yamlOf('grafana/provisioning/datasources/prometheus.yml').datasources;
  const source = `http://prometheus:${portOf(prometheus, -1)}`;
  expect(url === source, `Grafana reads ${url}, not ${source}`);
  const { scrape_interval: interval } = config.global;
  expect(jsonData.timeInterval === interval, `Grafana takes ${interval} for something else`);
  const [{ options }] = yamlOf('grafana/provisioning/dashboards/breakwater.yml').providers;
  expect(options.path === dashboards, `Grafana looks for dashboards in ${options.path}`);
  const home = grafana.environment.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH;
  const file = home.replace(dashboards, join(ROOT, 'deploy/grafana/dashboards'));
  expect(existsSync(file), `there is no ${home}`);
}
