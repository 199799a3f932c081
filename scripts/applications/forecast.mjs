// What observe mode foretells of an application, beside what the gateway then does with the same traffic.
import { expect } from '../checks.mjs';
import { difference, differencePassed } from './difference.mjs';
import { ask, startApplication, startGateway, told } from './running.mjs';
import { Door, recorded, replayed, seeded } from './traffic.mjs';

const WAVES = 40;
/** How far a forecast may be off, as a part of what happens. */
const NEAR = 0.05;

/** The same traffic at the application alone, and through a gateway in either mode before copies of it. */
export async function foretell(checks, defer, application, folder) {
  const alone = await startApplication(defer, application, folder('recorded'));
  const record = await recorded(alone.port, application.visit, { seed: 1, waves: WAVES });
  await alone.end();
  const count = record.flat().length;

  const played = async (mode, differs) => {
    const behind = await startApplication(defer, application, folder(mode));
    const door = await Door.before(defer, behind.port);
    const spill = folder(`${mode}-spill`);
    const gateway = await startGateway(defer, { to: door.port, spill, mode });
    const answers = await replayed(gateway, door, record);
    const found = record.flat().flatMap(({ request, answer }, at) => {
      const what = differs(answer, answers[at]);
      return what === undefined ? [] : [`${request.method ?? 'GET'} ${request.path}: ${what}`];
    });
    const forecast = mode === 'observe' ? await forecastOf(gateway) : undefined;
    const calls = await behind.calls();
    for (const process of [gateway, behind]) await process.end();
    expect(
      found.length === 0,
      `${found.length} differ, such as\n${found.slice(0, 5).join('\n\n')}`,
    );
    return { answers, calls, forecast };
  };

  const { name } = application;
  const observed = await checks.check(`${name}: observed, each answer is as it was`, async () => {
    const result = await played('observe', differencePassed);
    expect(result.calls === count, `${result.calls} calls for ${count} requests`);
    return result;
  });
  await checks.check(`${name}: joins and hits are as foretold`, async () => {
    const { answers, calls } = await played('on', difference);
    const done = { ...outcomesOf(answers), calls };
    const foretold = { ...observed.forecast, calls: callsIn(observed.forecast) };
    for (const what of ['hits', 'joined', 'calls']) expectNear(what, foretold[what], done[what]);
    checks.note(
      `${count} requests: ${done.joined} joined, ${done.hits} hits, ${calls} calls; foretold ${foretold.joined}, ${foretold.hits}, ${foretold.calls}`,
    );
  });
}

/**
 * The same requests by so many clients at their own pace. Whether one comes while a call is under way or after
 * it is then a matter of how fast the application is, and it is slower where it has all the calls: of an
 * answer that stays fresh what is certain is how many have it without a call, and how many calls are made.
 */
export async function foretellAtAnyPace(checks, defer, application, folder) {
  const random = seeded(2);
  const requests = Array.from({ length: 1_500 }, () => ({
    path: `${application.staysFresh}?v=${Math.floor(random() ** 2 * 300)}`,
  }));
  const played = async (mode) => {
    const behind = await startApplication(defer, application, folder(`pace-${mode}`));
    const spill = folder(`pace-${mode}-spill`);
    const gateway = await startGateway(defer, { to: behind.port, spill, mode });
    const answers = [];
    const waiting = [...requests];
    const client = async () => {
      for (let next = waiting.pop(); next; next = waiting.pop()) {
        answers.push(await ask(gateway.port, next));
      }
    };
    await Promise.all(Array.from({ length: 20 }, client));
    const forecast = mode === 'observe' ? await forecastOf(gateway) : undefined;
    const calls = await behind.calls();
    for (const process of [gateway, behind]) await process.end();
    return { answers, calls, forecast };
  };
  await checks.check(`${application.name}: calls that are spared, at any pace`, async () => {
    const { forecast } = await played('observe');
    const { answers, calls } = await played('on');
    const done = outcomesOf(answers);
    expectNear('joins and hits', forecast.hits + forecast.joined, done.hits + done.joined);
    expectNear('calls', callsIn(forecast), calls);
    checks.note(
      `${requests.length} requests: ${done.joined} joined and ${done.hits} hits, ${calls} calls; foretold ${forecast.joined} and ${forecast.hits}, ${callsIn(forecast)}`,
    );
  });
}

async function forecastOf({ port }) {
  const { info } = await told(port, '/health');
  return info.gateway.forecast;
}

/** Calls that a forecast comes to. */
function callsIn({ passed, revalidated, staleWhileRevalidate }) {
  return passed + revalidated + staleWhileRevalidate;
}

/** How many answers say of themselves that they were hits, and that they shared a call. */
function outcomesOf(answers) {
  const status = answers.map(({ headers }) => headers['cache-status'] ?? '');
  return {
    hits: status.filter((it) => /; hit\b/.test(it)).length,
    joined: status.filter((it) => /; collapsed\b/.test(it)).length,
  };
}

function expectNear(what, foretold, happened) {
  const isNear = Math.abs(foretold - happened) <= NEAR * happened;
  expect(isNear, `${what}: ${foretold} foretold, ${happened} when the gateway is on`);
}
