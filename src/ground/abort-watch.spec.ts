import { getEventListeners } from 'node:events';
import { describe, expect, it, jest } from '@jest/globals';
import { AbortWatch } from './abort-watch.js';

function watched() {
  const controller = new AbortController();
  const { signal } = controller;
  return {
    ...{ controller, signal, watch: AbortWatch.of(signal) },
    listeners: () => getEventListeners(signal, 'abort').length,
  };
}

describe('the watch of a signal', () => {
  it('is one, with one listener for all who wait, and none while nobody does', () => {
    const { signal, watch, listeners } = watched();
    expect(AbortWatch.of(signal)).toBe(watch);
    expect(listeners()).toBe(0);
    for (let time = 0; time < 2; time++) {
      const places = Array.from({ length: 50 }, () => watch.add({ aborted: () => undefined }));
      expect(listeners()).toBe(1);
      const last = places.pop();
      for (const place of places) watch.delete(place);
      expect(listeners()).toBe(1);
      if (last) watch.delete(last);
      expect(listeners()).toBe(0);
    }
  });

  it('tells all of them the reason, in the order in which they came, once', () => {
    const { controller, watch, listeners } = watched();
    const told: unknown[] = [];
    for (const who of ['a', 'b']) watch.add({ aborted: (reason) => told.push(who, reason) });
    const reason = new Error('gone');
    controller.abort(reason);
    controller.abort();
    expect(told).toEqual(['a', reason, 'b', reason]);
    expect(listeners()).toBe(0);
  });

  it('tells nobody who has left, be it while others are told', () => {
    const { controller, watch } = watched();
    const told: string[] = [];
    const early = watch.add({ aborted: () => told.push('early') });
    watch.delete(early);
    watch.delete(early);
    watch.add({
      aborted: () => {
        told.push('first');
        watch.delete(second);
      },
    });
    const second = watch.add({ aborted: () => told.push('second') });
    watch.add({ aborted: () => told.push('third') });
    controller.abort();
    expect(told).toEqual(['first', 'third']);
  });

  it('tells those after one that throws as well, and its error is not lost', () => {
    const { controller, watch } = watched();
    const error = new Error('a defect of the waiter');
    const told: string[] = [];
    const later = jest.spyOn(globalThis, 'queueMicrotask').mockImplementation(() => undefined);
    watch.add({
      aborted: () => {
        throw error;
      },
    });
    watch.add({ aborted: () => told.push('next') });
    controller.abort();
    const [[rethrow] = []] = later.mock.calls;
    later.mockRestore();
    expect(told).toEqual(['next']);
    expect(rethrow).toThrow(error);
  });
});
