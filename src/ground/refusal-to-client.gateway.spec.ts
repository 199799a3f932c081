import { describe, expect, it, jest } from '@jest/globals';
import { tellClient } from './refusal-to-client.js';

const MESSAGE = { status: 'error', message: 'down' };

describe('a client of a gateway', () => {
  it('of socket.io is told by its own event', () => {
    const emit = jest.fn();
    tellClient({ emit }, MESSAGE);
    expect(emit.mock.calls).toEqual([['exception', MESSAGE]]);
  });

  it('of ws is told by text: its own emit reaches nobody', () => {
    const emit = jest.fn();
    const send = jest.fn();
    tellClient({ readyState: 1, emit, send }, MESSAGE);
    expect(emit).not.toHaveBeenCalled();
    expect(send.mock.calls).toEqual([[JSON.stringify({ event: 'exception', data: MESSAGE })]]);
  });
});
