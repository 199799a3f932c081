// Applications that nobody here wrote, each visited twice by the same recorded requests: by itself, and with
// the gateway in front of a copy of it. Every answer is to be the same, byte for byte; the calls that the
// copy was spared are counted. Then its traffic is recorded, and played at a gateway that observes and at one
// that is on: what the one foretells is to be what the other does. Installs the applications on its first run.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, runChecks } from '../checks.mjs';
import { run } from '../processes.mjs';
import { APPLICATIONS } from './applications.mjs';
import { difference } from './difference.mjs';
import { foretell, foretellAtAnyPace } from './forecast.mjs';
import { MODULES, SERVICE, ask, startApplication, startGateway } from './running.mjs';
import { filled } from './traffic.mjs';

/** Asks both by the whole visit; which answers differ, and how many there were. */
async function visit(steps, application, gateway) {
  const answers = new Map();
  const differences = [];
  let asked = 0;
  for (const step of steps) {
    const { times = 1, atOnce = 1, ...request } = filled(step, answers);
    for (let time = 0; time < times; time++) {
      const all = (port) => Promise.all(Array.from({ length: atOnce }, () => ask(port, request)));
      const [own, told] = [await all(application.port), await all(gateway.port)];
      for (const [i, answer] of own.entries()) {
        asked++;
        const differs = difference(answer, told[i]);
        if (differs) differences.push(`${request.method ?? 'GET'} ${request.path}: ${differs}`);
        if (!request.method) answers.set(request.path, answer);
      }
    }
  }
  return { differences, asked };
}

/** Whether the applications are there; where they cannot be had, why. */
function trouble() {
  if (existsSync(MODULES)) return undefined;
  try {
    run('npm', ['ci', '--ignore-scripts'], { cwd: import.meta.dirname });
    return undefined;
  } catch (error) {
    return error.message;
  }
}

const why = trouble();
if (!existsSync(SERVICE))
  throw new Error('There is no dist/main.js to put in front: npm run build');
if (why !== undefined) console.log(`The applications were not tried: they cannot be had: ${why}`);
else {
  await runChecks('Applications behind the gateway', async (checks, defer) => {
    const root = mkdtempSync(join(tmpdir(), 'breakwater-applications-'));
    defer(() => rmSync(root, { recursive: true, force: true }));
    for (const [i, application] of APPLICATIONS.entries()) {
      const folder = (name) => join(root, `${i}-${name}`);
      const name = `${application.name}: each answer is the same`;
      const { asked, calls } = await checks.check(name, async () => {
        const alone = await startApplication(defer, application, folder('alone'));
        const behind = await startApplication(defer, application, folder('behind'));
        const gateway = await startGateway(defer, { to: behind.port, spill: folder('spill') });
        const { differences, asked } = await visit(application.visit, alone, gateway);
        expect(differences.length === 0, differences.join('\n\n'));
        return { asked, calls: await behind.calls() };
      });
      checks.note(`${asked} requests, ${calls} calls: ${asked - calls} were spared`);
      await foretell(checks, defer, application, folder);
      if (application.staysFresh) await foretellAtAnyPace(checks, defer, application, folder);
    }
  });
}
