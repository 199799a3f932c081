import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { RequestLine } from './request-line.js';
import { ServiceLogger } from './service.logger.js';

const line = (id: string, status = 200): RequestLine =>
  new RequestLine(id, { method: 'GET', url: '/"a"\n' }, status, 1);

describe('the lines of requests', () => {
  let writes: string[];
  let exitListeners: ReturnType<typeof process.rawListeners>;

  /** What was written, parsed line by line. */
  const records = () =>
    writes
      .join('')
      .split('\n')
      .slice(0, -1)
      .map((text) => JSON.parse(text) as Record<string, unknown>);

  beforeEach(() => {
    writes = [];
    exitListeners = process.rawListeners('exit');
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => writes.push(String(text)) > 0);
  });

  afterEach(() => {
    jest.restoreAllMocks();
    for (const listener of process.rawListeners('exit')) {
      if (!exitListeners.includes(listener)) process.off('exit', listener as () => void);
    }
  });

  it('are a message that is text, and fields of their own beside it, as the logger has others', async () => {
    const logger = new ServiceLogger('info', false);
    logger.log('long', 'Http');
    logger.requests.log(line('short'));
    await nextTurn();
    const [long = {}, short = {}] = records();
    const { message, timestamp, ...rest } = short;
    expect(message).toBe('GET /"a"\n 200 1 ms');
    expect(String(timestamp)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const { level, pid, context } = long;
    expect(rest).toEqual({ level, pid, context, ...line('short') });
    expect(typeof long['timestamp']).toBe(typeof timestamp);
  });

  it('of one turn are one write', async () => {
    const { requests } = new ServiceLogger('info', false);
    for (let i = 0; i < 100; i += 1) requests.log(line(`id-${i}`));
    expect(writes).toEqual([]);
    await nextTurn();
    expect(writes).toHaveLength(1);
    expect(records()).toHaveLength(100);
  });

  it('stand among other lines in the order in which they were said', async () => {
    const logger = new ServiceLogger('info', false);
    logger.requests.log(line('1'));
    logger.warn('2');
    logger.requests.log(line('3'));
    logger.requests.warn(line('4', 502));
    logger.log('5', 'Somewhere');
    logger.requests.log(line('6'));
    await nextTurn();
    const said = records().map(({ message, requestId }) => requestId ?? message);
    expect(said).toEqual(['1', '2', '3', '4', '5', '6']);
  });

  it('answered by 5xx are warnings', async () => {
    new ServiceLogger('info', false).requests.warn(line('bad', 502));
    await nextTurn();
    expect(records()).toMatchObject([{ level: 'warn', context: 'Http' }]);
  });

  it.each([
    ['fatal', []],
    ['error', []],
    ['warn', ['bad']],
    ['info', ['good', 'bad']],
    ['debug', ['good', 'bad']],
    ['verbose', ['good', 'bad']],
  ] as const)('are left out below LOG_LEVEL=%s', async (level, said) => {
    const { requests } = new ServiceLogger(level, false);
    requests.log(line('good'));
    requests.warn(line('bad', 502));
    await nextTurn();
    expect(records().map(({ requestId }) => requestId)).toEqual(said);
  });

  it('follow a level that is changed while the service runs', async () => {
    const logger = new ServiceLogger('info', false);
    logger.setLogLevels(['error']);
    logger.requests.log(line('good'));
    await nextTurn();
    expect(writes).toEqual([]);
  });

  it('are text on a terminal, at once', () => {
    new ServiceLogger('info', true).requests.log(line('good'));
    expect(writes.join('')).toContain('Http');
    expect(writes.join('')).toContain('GET /\\"a\\"\\n 200 1 ms');
    expect(writes.join('').trimEnd().split('\n')).toHaveLength(1);
  });
});
