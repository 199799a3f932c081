// What importing a door of the package loads: modules of ours, packages that NestJS does not bring, and CPU
// time beside NestJS itself, which every application has loaded.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { fileURLToPath } from 'node:url';
import { BUILT } from '../built.mjs';

const IMPORT = /^(?:import|export)\b(?:[^;'"]*?\bfrom)? '([^'\n]+)';$/gm;
const BUNDLED_IMPORT = /\b(?:from|import)"\.\/([^"]+)"/g;
const ALONGSIDE = /^(@nestjs\/(common|core)|rxjs|reflect-metadata|tslib)(\/|$)/;
const RUNS = 9;

/** @param {string} door its module in the built package */
function loadedBy(door) {
  const seen = new Set();
  const packages = new Set();
  const queue = [new URL(door, BUILT).href];
  for (const url of queue) {
    if (seen.has(url)) continue;
    seen.add(url);
    const source = readFileSync(fileURLToPath(url), 'utf8');
    for (const [, name] of source.matchAll(IMPORT)) {
      if (name.startsWith('.')) queue.push(new URL(name, url).href);
      else if (!isBuiltin(name) && !ALONGSIDE.test(name)) packages.add(name);
    }
  }
  return { modules: seen.size, packages: [...packages] };
}

const modules = (door) => () => loadedBy(door).modules;

export const admin = modules('admin/index.js');
export const coalescing = modules('coalescing/index.js');
export const circuitBreaker = modules('circuit-breaker/index.js');
export const caching = modules('caching/index.js');
export const cluster = modules('cluster/index.js');
export const backend = modules('backend/index.js');
export const routes = modules('routes/index.js');
export const testing = modules('testing.js');
export const everything = modules('index.js');

/** Packages that coalescing and circuit breaking need beside NestJS. */
export function packages() {
  const doors = ['coalescing/index.js', 'circuit-breaker/index.js'];
  return doors.reduce((sum, door) => sum + loadedBy(door).packages.length, 0);
}

/** KiB of source that the service has read, of its bundle, when it listens. */
export function start() {
  const folder = new URL('command/', BUILT);
  // What it asks for on its way, as its settings come.
  const asked = readdirSync(folder).filter((file) => /^(?:start-service|metrics)-/.test(file));
  const seen = new Set(['service.js', ...asked]);
  let bytes = 0;
  for (const file of seen) {
    const source = readFileSync(new URL(file, folder));
    bytes += source.length;
    for (const [, name] of source.toString().matchAll(BUNDLED_IMPORT)) seen.add(name);
  }
  if (asked.length !== 2) throw new Error(`the bundle has other parts: ${asked.join(', ')}`);
  return bytes / 1_024;
}

/** CPU time of a process that imports the circuit breaker, of one that imports NestJS. */
export function time() {
  const nest = "await import('@nestjs/common'); await import('@nestjs/core');";
  const door = new URL('circuit-breaker/index.js', BUILT).href;
  if (!existsSync(fileURLToPath(door))) throw new Error(`${door} is not there`);
  const withNest = [];
  const withDoor = [];
  for (let run = 0; run < RUNS; run++) {
    withNest.push(cpuMsOf(nest));
    withDoor.push(cpuMsOf(`${nest} await import(${JSON.stringify(door)});`));
  }
  return Math.min(...withDoor) / Math.min(...withNest);
}

/** @param {string} code of a process of its own */
function cpuMsOf(code) {
  const told = `${code} const { user, system } = process.cpuUsage(); console.log((user + system) / 1_000);`;
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', told]).toString());
}
