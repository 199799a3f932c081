import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ServiceLogger } from './service.logger.js';

describe('ServiceLogger', () => {
  let lines: string[];

  beforeEach(() => {
    lines = [];
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      lines.push(String(text));
      return true;
    });
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
      lines.push(`stderr: ${String(text)}`);
      return true;
    });
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('writes every level to stdout, a JSON object a line, by the names of LOG_LEVEL', () => {
    const logger = new ServiceLogger('verbose', false);
    logger.fatal('a');
    logger.error('b');
    logger.warn('c');
    logger.log('d', 'Somewhere');
    logger.debug('e');
    logger.verbose('f');
    const levels = lines.map((line) => (JSON.parse(line) as { level: string }).level);
    expect(levels).toEqual(['fatal', 'error', 'warn', 'info', 'debug', 'verbose']);
    expect(JSON.parse(lines[3] ?? '')).toMatchObject({ message: 'd', context: 'Somewhere' });
  });

  it('leaves out what is less severe than its level', () => {
    const logger = new ServiceLogger('warn', false);
    logger.log('no');
    logger.warn('yes');
    expect(lines).toHaveLength(1);
  });

  it('takes how Nest puts the application together for a matter of debugging', () => {
    new ServiceLogger('info', false).log('AppModule dependencies initialized', 'InstanceLoader');
    expect(lines).toEqual([]);
    new ServiceLogger('debug', false).log('AppModule dependencies initialized', 'InstanceLoader');
    expect(lines).toHaveLength(1);
  });

  it('writes text on a terminal', () => {
    new ServiceLogger('info', true).log('hello', 'Service');
    expect(lines.join('')).toContain('hello');
    expect(() => JSON.parse(lines.join('')) as unknown).toThrow();
  });

  it('has a text for its message and a date by ISO 8601, whatever it is told', () => {
    const logger = new ServiceLogger('info', false);
    logger.log({ message: 'told', key: 'a' });
    logger.log({ key: 'b' });
    logger.error(new Error('failed'));
    logger.log(7);
    const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const { message, timestamp } of told) {
      expect(typeof message).toBe('string');
      expect(new Date(String(timestamp)).toISOString()).toBe(timestamp);
    }
    expect(told[0]).toMatchObject({ message: 'told', key: 'a' });
    expect(told[1]).toMatchObject({ key: 'b' });
    expect(told[2]).toMatchObject({
      message: 'failed',
      error: { stack: expect.stringContaining('at ') },
    });
  });
});
