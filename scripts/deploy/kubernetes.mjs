// Whether the Kubernetes manifests fit each other, the image and the service.
import { isDeepStrictEqual } from 'node:util';
import { expect } from '../checks.mjs';
import { durationMs } from './examples.mjs';

const SECRET = 'secret.example.yaml';

/** The one object of a kind. */
function ofKind(manifests, kind) {
  const found = manifests.filter(({ object }) => object.kind === kind);
  expect(found.length === 1, `deploy/kubernetes has ${found.length} of kind ${kind}`);
  return found[0].object;
}

function isSubset(selector, labels) {
  return Object.entries(selector).every(([name, value]) => labels[name] === value);
}

const containerOf = (manifests) => {
  const { containers } = ofKind(manifests, 'Deployment').spec.template.spec;
  expect(containers.length === 1, 'the pods have one container');
  return containers[0];
};

export function expectKustomizationLists(manifests) {
  const { resources, ...rest } = ofKind(manifests, 'Kustomization');
  const known = isDeepStrictEqual(Object.keys(rest).sort(), ['apiVersion', 'kind']);
  expect(known, `kustomization.yaml has ${Object.keys(rest).join(', ')}`);
  const others = manifests.map(({ name }) => name);
  const wanted = others.filter((name) => ![SECRET, 'kustomization.yaml'].includes(name));
  const same = isDeepStrictEqual([...resources].sort(), wanted.sort());
  expect(same, `kustomization.yaml lists ${resources.join(', ')} and not ${wanted.join(', ')}`);
}

export function expectSelectorsToMatch(manifests) {
  const { metadata, spec } = ofKind(manifests, 'Deployment');
  const { labels } = spec.template.metadata;
  const selectors = {
    Deployment: spec.selector.matchLabels,
    Service: ofKind(manifests, 'Service').spec.selector,
    PodDisruptionBudget: ofKind(manifests, 'PodDisruptionBudget').spec.selector.matchLabels,
    NetworkPolicy: ofKind(manifests, 'NetworkPolicy').spec.podSelector.matchLabels,
  };
  for (const [index, spread] of spec.template.spec.topologySpreadConstraints.entries()) {
    selectors[`topologySpreadConstraints ${index}`] = spread.labelSelector.matchLabels;
  }
  for (const [kind, selector] of Object.entries(selectors)) {
    const fits = Object.keys(selector ?? {}).length > 0 && isSubset(selector, labels);
    expect(fits, `the selector of ${kind} is not of the pods: ${JSON.stringify(selector)}`);
  }
  const { scaleTargetRef, minReplicas } = ofKind(manifests, 'HorizontalPodAutoscaler').spec;
  const { apiVersion, kind } = ofKind(manifests, 'Deployment');
  const target = { apiVersion, kind, name: metadata.name };
  expect(isDeepStrictEqual(scaleTargetRef, target), 'the autoscaler scales something else');
  expect(spec.replicas === undefined, 'the autoscaler and the Deployment both say how many');
  const { maxUnavailable } = ofKind(manifests, 'PodDisruptionBudget').spec;
  expect(maxUnavailable < minReplicas, 'the disruption budget allows all replicas to be away');
}

export function expectRouteToLead(manifests) {
  const service = ofKind(manifests, 'Service');
  const container = containerOf(manifests);
  const [port] = service.spec.ports;
  const ports = container.ports.map(({ name }) => name);
  expect(ports.includes(port.targetPort), `the pods have no port "${port.targetPort}"`);
  const route = ofKind(manifests, 'HTTPRoute');
  for (const { name, port: number } of route.spec.rules.flatMap((rule) => rule.backendRefs)) {
    const leads = name === service.metadata.name && number === port.port;
    expect(leads, `the route leads to ${name}:${number}, which is not the Service`);
  }
  const { targetRefs } = ofKind(manifests, 'BackendTrafficPolicy').spec;
  const group = route.apiVersion.split('/')[0];
  const wanted = [{ group, kind: 'HTTPRoute', name: route.metadata.name }];
  expect(isDeepStrictEqual(targetRefs, wanted), 'the traffic policy is of another route');
  for (const name of ['readinessProbe', 'livenessProbe', 'startupProbe']) {
    const { port: probed } = container[name].httpGet;
    expect(ports.includes(probed), `the ${name} asks a port "${probed}" that is not there`);
  }
}

/** The route names what it lets through, and the service's report of itself is not among it. */
export function expectReportToStayInside(manifests) {
  for (const { matches = [{}] } of ofKind(manifests, 'HTTPRoute').spec.rules) {
    for (const { path } of matches) {
      const named = path?.type === 'PathPrefix' && !`/health/`.startsWith(path.value);
      expect(named, `the route lets through ${JSON.stringify(path ?? 'everything')}`);
    }
  }
}

export function expectNetworkPolicyToLetThrough(manifests, env) {
  const { ingress, egress } = ofKind(manifests, 'NetworkPolicy').spec;
  const outwards = egress.flatMap(({ ports }) => ports.map(({ port }) => port));
  const needed = [env.BACKEND_URL, env.REDIS_URL].map((url) => Number(new URL(url).port));
  for (const port of [53, ...needed]) {
    expect(outwards.includes(port), `the network policy lets nothing out to port ${port}`);
  }
  const inwards = ingress.flatMap(({ ports }) => ports.map(({ port }) => port));
  const names = containerOf(manifests).ports.map(({ name }) => name);
  expect(isDeepStrictEqual(inwards, names), `the network policy lets in to ${inwards.join()}`);
}

export function expectVolumesToExist(manifests) {
  const { spec } = ofKind(manifests, 'Deployment').spec.template;
  const volumes = spec.volumes.map(({ name }) => name);
  const mounted = containerOf(manifests).volumeMounts.map(({ name }) => name);
  const same = isDeepStrictEqual([...volumes].sort(), [...mounted].sort());
  expect(same, `the volumes are ${volumes.join()}, mounted are ${mounted.join()}`);
}

/** The environment of the container, its references followed. */
export function environmentOf(manifests) {
  const secret = ofKind(manifests, 'Secret');
  const configMap = ofKind(manifests, 'ConfigMap');
  const { env, envFrom } = containerOf(manifests);
  const names = envFrom.map(({ configMapRef }) => configMapRef.name);
  const known = isDeepStrictEqual(names, [configMap.metadata.name]);
  expect(known, `the environment is from ${names.join()}`);
  const entries = env.map(({ name, value, valueFrom }) => {
    if (value !== undefined) return [name, value];
    const { name: from, key } = valueFrom.secretKeyRef;
    const found = from === secret.metadata.name && secret.stringData[key];
    expect(found, `${name} is from ${from}/${key}, which ${SECRET} does not have`);
    return [name, found];
  });
  return { ...configMap.data, ...Object.fromEntries(entries) };
}

/** A file that the environment names is one of a secret that is mounted. */
export function expectSecretFilesToExist(manifests, env) {
  const { volumes } = ofKind(manifests, 'Deployment').spec.template.spec;
  const files = containerOf(manifests).volumeMounts.flatMap(({ name, mountPath }) => {
    const { secret } = volumes.find((volume) => volume.name === name);
    if (secret?.secretName !== ofKind(manifests, 'Secret').metadata.name) return [];
    const { stringData } = ofKind(manifests, 'Secret');
    return Object.keys(stringData).map((key) => `${mountPath}/${key}`);
  });
  for (const [name, value] of Object.entries(env)) {
    const there = !name.endsWith('_FILE') || files.includes(value);
    expect(there, `${name} is ${value}; mounted are ${files.join(', ')}`);
  }
}

/** @param settings what the service makes of the environment */
export function expectTimesToFit(manifests, settings) {
  const { template } = ofKind(manifests, 'Deployment').spec;
  const graceMs = template.spec.terminationGracePeriodSeconds * 1_000;
  const ends = graceMs > settings.SHUTDOWN_GRACE_MS;
  expect(ends, `pods are killed after ${graceMs} ms, within SHUTDOWN_GRACE_MS`);
  const { periodSeconds, failureThreshold } = containerOf(manifests).readinessProbe;
  const seenMs = periodSeconds * failureThreshold * 1_000;
  const seen = seenMs < settings.SHUTDOWN_DRAIN_MS;
  expect(seen, `a pod that leaves is seen after ${seenMs} ms, not within SHUTDOWN_DRAIN_MS`);
  for (const { timeouts } of ofKind(manifests, 'HTTPRoute').spec.rules) {
    const waits = durationMs(timeouts.request) > settings.BACKEND_TIMEOUT_MS;
    expect(waits, `the route waits ${timeouts.request}, within BACKEND_TIMEOUT_MS`);
  }
  const cache = template.spec.volumes.find(({ emptyDir }) => emptyDir);
  const [, gibibytes] = /^(\d+)Gi$/.exec(cache.emptyDir.sizeLimit) ?? [];
  const fits = gibibytes * 2 ** 30 > settings.DISK_CACHE_MAX_BYTES;
  expect(fits, 'the volume of the cache is not larger than DISK_CACHE_MAX_BYTES');
}

/** @param image what the Dockerfile says: `user`, `port`, `cacheDir`; and the `version` of the package */
export function expectToFitTheImage(manifests, image) {
  const { spec } = ofKind(manifests, 'Deployment').spec.template;
  const { ports, image: name, volumeMounts } = containerOf(manifests);
  expect(name === `breakwater:${image.version}`, `the image is ${name}, not ${image.version}`);
  const { runAsUser, runAsGroup } = spec.securityContext;
  const user = `${runAsUser}:${runAsGroup}`;
  expect(user === image.user, `pods run as ${user}, the image as ${image.user}`);
  const [{ containerPort }] = ports;
  expect(containerPort === image.port, `the port is ${containerPort}, the image's ${image.port}`);
  const mounted = volumeMounts.some(({ mountPath }) => mountPath === image.cacheDir);
  expect(mounted, `there is no volume at ${image.cacheDir}`);
}
