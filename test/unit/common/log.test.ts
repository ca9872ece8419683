// The platform's own log: one JSON object a line.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { createLogger, type LogLevel } from '../../../emulator/common/log.ts';

function collect(least?: LogLevel): { lines: Record<string, unknown>[]; logger: ReturnType<typeof createLogger> } {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string): void => {
    assert.ok(line.endsWith('\n') && !line.slice(0, -1).includes('\n'), 'one line each');
    lines.push(JSON.parse(line) as Record<string, unknown>);
  };
  return { lines, logger: createLogger(write, () => 0, least) };
}

describe('log', () => {
  it('writes time, level, message and fields, a line each', () => {
    const { lines, logger } = collect();
    logger.info('started\nhere', { port: 80 });
    assert.deepEqual(lines, [{ at: '1970-01-01T00:00:00.000Z', level: 'info', message: 'started\nhere', port: 80 }]);
  });

  it('leaves out what is below its level', () => {
    const { lines, logger } = collect('warn');
    for (const level of ['debug', 'info', 'warn', 'error'] as const) logger[level](level);
    assert.deepEqual(
      lines.map(({ level }) => level),
      ['warn', 'error'],
    );
  });

  it('adds the fields of where it was handed to, and a level below keeps those above', () => {
    const { lines, logger } = collect();
    logger.with({ task: 'mnist' }).with({ replica: 'r0' }).warn('late', { ms: 5 });
    assert.deepEqual(
      { ...lines[0], at: '' },
      {
        ...{ at: '', level: 'warn', message: 'late' },
        ...{ task: 'mnist', replica: 'r0', ms: 5 },
      },
    );
  });

  it('shows what matters of an error', () => {
    const { lines, logger } = collect();
    logger.error('failed', { error: Object.assign(new TypeError('odd'), { code: 'EODD' }) });
    const error = lines[0]?.['error'] as Record<string, unknown>;
    assert.equal(error['name'], 'TypeError');
    assert.equal(error['message'], 'odd');
    assert.equal(error['code'], 'EODD');
  });
});
