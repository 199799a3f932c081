// Whether deploy/compose.yaml fits itself, the files that it mounts and the service.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '../checks.mjs';
import { ROOT } from '../packaging/pack.mjs';
import { durationMs, textOf } from './examples.mjs';

/** The properties that the example uses; every other is taken for misspelt. */
const KNOWN = {
  compose: ['name', 'services', 'secrets', 'x-locked-down'],
  service: (
    'image build command user environment secrets deploy depends_on healthcheck ports volumes tmpfs ' +
    'profiles init read_only cap_drop security_opt restart stop_grace_period'
  ).split(' '),
  deploy: ['replicas'],
  healthcheck: ['test', 'interval', 'timeout'],
};

const LOCKED = { read_only: true, cap_drop: 'ALL', security_opt: 'no-new-privileges:true' };

function expectKnown(object, known, where) {
  for (const name of Object.keys(object)) {
    expect(known.includes(name), `${where}: "${name}" is not a property`);
  }
}

export function expectKnownProperties(compose) {
  expectKnown(compose, KNOWN.compose, 'compose.yaml');
  for (const [name, service] of Object.entries(compose.services)) {
    expectKnown(service, KNOWN.service, name);
    expectKnown(service.deploy ?? {}, KNOWN.deploy, `${name}, deploy`);
    expectKnown(service.healthcheck ?? {}, KNOWN.healthcheck, `${name}, healthcheck`);
  }
}

export function expectReferencesToExist(compose) {
  const { services, secrets } = compose;
  for (const [name, service] of Object.entries(services)) {
    for (const other of service.depends_on ?? []) {
      expect(services[other], `${name} depends on ${other}, which is not there`);
    }
    for (const secret of service.secrets ?? []) {
      expect(secrets[secret], `${name} has the secret ${secret}, which is not there`);
    }
    for (const [source, , mode] of (service.volumes ?? []).map((text) => text.split(':'))) {
      expect(existsSync(join(ROOT, 'deploy', source)), `${name} mounts ${source}: not there`);
      expect(mode === 'ro', `${name} may write to ${source}`);
    }
    const built = Object.values(services).some(({ image, build }) => {
      return build !== undefined && image === service.image;
    });
    const pinned = /:[v\d][\w.-]*$/.test(service.image);
    expect(built || pinned, `the image of ${name} is neither built nor of a version`);
  }
  for (const { file } of Object.values(secrets)) {
    expect(existsSync(join(ROOT, 'deploy', file)), `the secret ${file} is not there`);
  }
  const ports = Object.values(services).flatMap((service) => service.ports ?? []);
  const outside = ports.map((text) => text.split(':')[0]);
  expect(new Set(outside).size === outside.length, `a port is given twice: ${outside.join()}`);
}

export function expectLockedDown(compose) {
  for (const [name, service] of Object.entries(compose.services)) {
    for (const [property, value] of Object.entries(LOCKED)) {
      expect(String(service[property]) === String(value), `${name} is without ${property}`);
    }
  }
}

/** Names are of services, and the load balancers have one for each replica. */
export function expectAddressesToLead(compose, envoy) {
  const { services, name: project } = compose;
  const { environment, deploy } = services.replica;
  for (const url of [environment.BACKEND_URL, environment.REDIS_URL]) {
    expect(services[new URL(url).hostname], `${url} is of no service`);
  }

  const wanted = Array.from({ length: deploy.replicas }, (_, i) => `${project}-replica-${i + 1}`);
  const nginx = textOf('nginx/nginx.conf');
  const named = [...nginx.matchAll(/^\s*server (\S+):3000 resolve /gm)].map(([, name]) => name);
  expect(named.join() === wanted.join(), `nginx knows ${named.join()}, not ${wanted.join()}`);

  const [, found] = /^\s*server-template replica \d+ (\S+):3000 /m.exec(
    textOf('haproxy/haproxy.cfg'),
  );
  expect(services[found]?.deploy, `HAProxy asks for ${found}, which is not the replicas`);
  for (const { host } of endpointsOf(envoy)) {
    expect(services[host]?.deploy, `Envoy asks for ${host}, which is not the replicas`);
  }

  // The port that each load balancer listens on is the one that is published.
  const { address } = envoy.static_resources.listeners[0];
  const listening = {
    nginx: /listen (\d+);/.exec(nginx)[1],
    haproxy: /bind :(\d+)$/m.exec(textOf('haproxy/haproxy.cfg'))[1],
    envoy: String(address.socket_address.port_value),
  };
  for (const [name, port] of Object.entries(listening)) {
    const inside = services[name].ports.map((text) => text.split(':')[1]).join();
    expect(inside === port, `${name} listens on ${port}, published is ${inside}`);
  }
}

function endpointsOf(envoy) {
  return envoy.static_resources.clusters.flatMap(({ load_assignment: assignment }) =>
    assignment.endpoints.flatMap(({ lb_endpoints: endpoints }) =>
      endpoints.map(({ endpoint }) => {
        const { address: host, port_value: port } = endpoint.address.socket_address;
        return { host, port };
      }),
    ),
  );
}

/** @param image what the Dockerfile says: `port` */
export function expectEnvoyToBeConsistent(envoy, image) {
  const { listeners, clusters } = envoy.static_resources;
  const names = clusters.map(({ name }) => name);
  const managers = listeners.flatMap(({ filter_chains: chains }) =>
    chains.flatMap(({ filters }) => filters.map(({ typed_config: config }) => config)),
  );
  const hosts = managers.flatMap(({ route_config: config }) => config.virtual_hosts);
  for (const { route } of hosts.flatMap(({ routes }) => routes).filter(({ route }) => route)) {
    expect(names.includes(route.cluster), `Envoy has no cluster ${route.cluster}`);
    const hashed = route.hash_policy.map(({ header }) => header.header_name).join();
    expect(hashed === 'x-coalescer-name,:path', `Envoy hashes ${hashed}`);
    expect(route.hash_policy[0].terminal, 'Envoy hashes the path where a coalescer is named');
    const leaves = route.retry_policy.retry_host_predicate.length > 0;
    expect(leaves, 'Envoy tries the same replica again');
  }
  for (const { lb_policy: policy, load_assignment: assignment, name } of clusters) {
    expect(['MAGLEV', 'RING_HASH'].includes(policy), `${policy} does not hash`);
    expect(assignment.cluster_name === name, `the endpoints are of ${assignment.cluster_name}`);
  }
  for (const { port } of endpointsOf(envoy)) {
    expect(port === image.port, `Envoy asks port ${port}, the service is on ${image.port}`);
  }
}

/** @param settings what the service makes of the environment */
export function expectTimesToFit(compose, envoy, settings) {
  const grace = durationMs(compose.services.replica.stop_grace_period);
  const ends = grace > settings.SHUTDOWN_GRACE_MS;
  expect(ends, `replicas are killed after ${grace} ms, within SHUTDOWN_GRACE_MS`);
  const [manager] = envoy.static_resources.listeners[0].filter_chains[0].filters;
  const [{ routes }] = manager.typed_config.route_config.virtual_hosts;
  const toReplicas = routes.find(({ route }) => route);
  const waits = {
    nginx: /proxy_read_timeout (\w+);/.exec(textOf('nginx/nginx.conf'))[1],
    haproxy: /timeout server (\w+)$/m.exec(textOf('haproxy/haproxy.cfg'))[1],
    envoy: toReplicas.route.timeout,
  };
  for (const [name, wait] of Object.entries(waits)) {
    const longer = durationMs(wait) > settings.BACKEND_TIMEOUT_MS;
    expect(longer, `${name} waits ${wait}, within BACKEND_TIMEOUT_MS`);
  }
}

/** A replica that leaves is left before it stops to accept; with passive checks, all others are tried. */
export function expectDrainToBeSeen(compose, envoy, settings) {
  const [, interval, fall] = /^\s*server-template .* check inter (\w+) fall (\d+) /m.exec(
    textOf('haproxy/haproxy.cfg'),
  );
  // Envoy needs no second refusal: what it does not expect counts whatever the threshold is.
  const [{ interval: period }] = envoy.static_resources.clusters[0].health_checks;
  const detection = { haproxy: durationMs(interval) * fall, envoy: durationMs(period) };
  for (const [name, ms] of Object.entries(detection)) {
    const seen = ms < settings.SHUTDOWN_DRAIN_MS;
    expect(seen, `${name} sees after ${ms} ms that a replica leaves, not within SHUTDOWN_DRAIN_MS`);
  }
  const [, tries] = /proxy_next_upstream_tries (\d+);/.exec(textOf('nginx/nginx.conf'));
  const { replicas } = compose.services.replica.deploy;
  expect(Number(tries) >= replicas, `nginx tries ${tries} of ${replicas} replicas`);
}

/** What a path with the service's report of itself, or with what steers it, may look like. */
const REPORT_PATHS = [
  ...['/health', '/health/', '/HEALTH', '/Health//', '/metrics', '/METRICS/'],
  ...['/admin', '/admin/', '/Admin/ui', '/admin/circuits/resource'],
];
const PROBE_PATHS = [
  '/health/live',
  '/health/ready',
  '/healthy',
  '/api/data/health',
  '/metricsx',
  '/administration',
];

/** Whoever comes from outside does not get the report; probes and all else are let through. */
export function expectReportToStayInside(envoy) {
  const [manager] = envoy.static_resources.listeners[0].filter_chains[0].filters;
  const [{ routes }] = manager.typed_config.route_config.virtual_hosts;
  const [{ match, direct_response: answer }] = routes;
  const patterns = {
    nginx: /location ~\* (\S+) \{\s*return 404;/.exec(textOf('nginx/nginx.conf'))?.[1],
    haproxy: /return status 404 if \{ path -m reg -i (\S+) \}/.exec(
      textOf('haproxy/haproxy.cfg'),
    )?.[1],
    envoy: answer?.status === 404 ? `^${match.safe_regex.regex.replace('(?i)', '')}$` : undefined,
  };
  for (const [name, pattern] of Object.entries(patterns)) {
    expect(pattern, `${name} passes the report of the service on`);
    const refused = new RegExp(pattern, 'i');
    for (const path of REPORT_PATHS) expect(refused.test(path), `${name} passes ${path} on`);
    for (const path of PROBE_PATHS) expect(!refused.test(path), `${name} refuses ${path}`);
  }
}
