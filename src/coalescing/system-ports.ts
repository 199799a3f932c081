import { channel } from 'node:diagnostics_channel';
import { systemClock, systemScheduler } from '../clock/index.js';
import { asyncFlightContexts } from './async-flight-contexts.js';
import { COALESCING_CHANNEL } from './coalescing.constants.js';
import type { CoalescerPorts } from './kernel/index.js';

/** The process's clock, timers, async contexts and diagnostics channel. */
export const SYSTEM_PORTS: CoalescerPorts = {
  clock: systemClock,
  scheduler: systemScheduler,
  contexts: asyncFlightContexts,
  events: channel(COALESCING_CHANNEL),
};
