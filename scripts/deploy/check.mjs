// Checks the examples in deploy/ as far as that can be done without a cluster: that Kubernetes knows each
// property, that files agree with each other and with the service, that the store starts. The load
// balancers run in test/deploy.e2e-spec.ts.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, runChecks } from '../checks.mjs';
import { parseDockerfile } from '../container/dockerfile.mjs';
import { ROOT } from '../packaging/pack.mjs';
import * as compose from './compose.mjs';
import { manifests as readManifests, yamlOf } from './examples.mjs';
import * as kubernetes from './kubernetes.mjs';
import { installTypes, misfits, validate } from './manifest-types.mjs';
import { expectUserToFit, refusalOf, withStore } from './store.mjs';

/** What the image is, by the last stage of its Dockerfile and the package. */
function readImage() {
  const stages = parseDockerfile(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'));
  const { instructions } = stages.at(-1);
  const the = (keyword) => instructions.find((each) => each.keyword === keyword);
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const { variables } = the('ENV');
  return {
    version,
    variables,
    port: the('EXPOSE').port,
    user: `${the('USER').uid}:${the('USER').gid}`,
    cacheDir: variables.CACHE_DIR,
  };
}

/** The service's own reading of an environment. */
async function settingsReader() {
  const folder = join(ROOT, 'dist/service/config');
  if (!existsSync(folder))
    throw new Error('There is no dist/service/config to read settings by: npm run build');
  const load = (name) => import(pathToFileURL(join(folder, name)).href);
  const { parseSettings } = await load('parse-settings.js');
  const { settingsSchema } = await load('settings.schema.js');
  return (env, image) => {
    for (const name of Object.keys(env)) {
      expect(name in settingsSchema.shape, `${name} is not a setting of the service`);
    }
    const { NODE_ENV, ...variables } = image.variables;
    expect(NODE_ENV === 'production', `NODE_ENV is ${NODE_ENV}`);
    return parseSettings({ ...variables, ...env });
  };
}

await runChecks('Deployment examples', async (checks) => {
  const check = (name, run) => checks.check(name, run);
  const image = readImage();
  const readSettings = await settingsReader();
  const all = readManifests();
  // A kustomization is no object of the cluster.
  const objects = all.filter(({ object }) => object.kind !== 'Kustomization');

  await check('each manifest is valid by the schema of its kind', async () => {
    installTypes();
    for (const manifest of objects) await validate(manifest);
  });
  await check('no manifest has a property that its kind does not have', () => {
    const complaints = misfits(objects);
    expect(complaints === '', complaints);
  });
  await check('the kustomization lists them all, but for the example of a secret', () =>
    kubernetes.expectKustomizationLists(all),
  );
  await check('selectors are of the pods, the autoscaler of the Deployment', () =>
    kubernetes.expectSelectorsToMatch(all),
  );
  await check('the route leads to the Service, that to the port of the pods', () =>
    kubernetes.expectRouteToLead(all),
  );
  await check('pods are what the image is: version, user, port, volume', () => {
    kubernetes.expectToFitTheImage(all, image);
    kubernetes.expectVolumesToExist(all);
  });
  await check('the service takes the environment of the pods, and stops in their time', () => {
    const env = kubernetes.environmentOf(all);
    kubernetes.expectTimesToFit(all, readSettings(env, image));
    kubernetes.expectSecretFilesToExist(all, env);
    kubernetes.expectNetworkPolicyToLetThrough(all, env);
  });

  const example = yamlOf('compose.yaml');
  const envoy = yamlOf('envoy/envoy.yaml');
  await check('compose.yaml knows its properties, and everything it refers to is there', () => {
    compose.expectKnownProperties(example);
    compose.expectReferencesToExist(example);
    compose.expectLockedDown(example);
  });
  await check('load balancers lead to the replicas of compose.yaml, each by its own name', () => {
    compose.expectAddressesToLead(example, envoy);
    compose.expectEnvoyToBeConsistent(envoy, image);
  });
  await check('no way in from outside leads to what the service says of itself', () => {
    compose.expectReportToStayInside(envoy);
    kubernetes.expectReportToStayInside(all);
  });
  await check('the service takes the environment of compose.yaml, and stops in its time', () => {
    const settings = readSettings(example.services.replica.environment, image);
    compose.expectTimesToFit(example, envoy, settings);
    compose.expectDrainToBeSeen(example, envoy, settings);
  });

  await check(
    'the store starts by its command, for its user alone, with the fewest rights',
    async () => {
      expectUserToFit(example, all.find(({ object }) => object.kind === 'Secret').object);
      await withStore(example, async (connectAs) => {
        const refused = async (pattern, credentials, ...command) => {
          const reason = await refusalOf(connectAs, credentials, ...command);
          const said = `${command.join(' ')}: ${reason ?? 'allowed'}`;
          expect(pattern.test(reason ?? 'allowed'), said);
        };
        await refused(/^allowed$/, undefined, 'SET', 'bw1:key', 'value');
        await refused(/^NOPERM/, undefined, 'GET', 'foreign');
        await refused(/^NOPERM/, undefined, 'FLUSHALL');
        await refused(/^NOAUTH/, {}, 'GET', 'bw1:key');
        await refused(/^WRONGPASS/, { username: 'breakwater', password: 'x' }, 'PING');
      });
    },
  );
});
