import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { EventHub } from './event-hub.js';

const NAME = 'test:event-hub';
const CHANNEL = channel(NAME);

afterEach(() => {
  jest.restoreAllMocks();
});

describe('those who hear of events', () => {
  it('are asked for before an event is made', () => {
    const hub = new EventHub(CHANNEL, 'Test');
    expect([hub.wanted, hub.hasListeners]).toEqual([false, false]);
    const stop = hub.listen(() => undefined);
    expect([hub.wanted, hub.hasListeners]).toEqual([true, true]);
    stop();
    const subscriber = (): void => undefined;
    subscribe(NAME, subscriber);
    expect([hub.wanted, hub.hasListeners]).toEqual([true, false]);
    unsubscribe(NAME, subscriber);
    expect(hub.wanted).toBe(false);
  });

  it('are listeners of one application, and subscribers to the channel of all', () => {
    const [one, other] = [new EventHub(CHANNEL, 'Test'), new EventHub(CHANNEL, 'Test')];
    const heard: unknown[] = [];
    const published: unknown[] = [];
    const subscriber = (event: unknown) => published.push(event);
    subscribe(NAME, subscriber);
    one.listen((event) => heard.push(event));
    one.publish(1);
    other.publish(2);
    unsubscribe(NAME, subscriber);
    expect([heard, published]).toEqual([[1], [1, 2]]);
  });

  it('harm nobody by throwing, which is logged', () => {
    const error = jest.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
    const hub = new EventHub(CHANNEL, 'Test');
    const heard: unknown[] = [];
    const bug = new Error('bug');
    hub.listen(() => {
      throw bug;
    });
    hub.listen(() => {
      throw 'words';
    });
    hub.listen((event) => heard.push(event));
    hub.publish('event');
    expect(heard).toEqual(['event']);
    expect(error.mock.calls).toEqual([[bug], ['words']]);
  });
});
