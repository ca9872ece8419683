import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { parseTarget } from '../../../emulator/router/target.ts';

describe('parseTarget', () => {
  it('understands every form of inference path', () => {
    assert.deepEqual(parseTarget('/mnist'), { kind: 'infer', task: 'mnist', version: undefined, protocol: 'raw' });
    assert.deepEqual(parseTarget('/mnist?x=1'), { kind: 'infer', task: 'mnist', version: undefined, protocol: 'raw' });
    assert.deepEqual(parseTarget('/mnist@alpha'), { kind: 'infer', task: 'mnist', version: 'alpha', protocol: 'raw' });
    assert.deepEqual(parseTarget('/v2/models/mnist/infer'), {
      kind: 'infer',
      task: 'mnist',
      version: undefined,
      protocol: 'v2',
    });
    assert.deepEqual(parseTarget('/v2/models/mnist/versions/v3/infer'), {
      kind: 'infer',
      task: 'mnist',
      version: 'v3',
      protocol: 'v2',
    });
  });

  it('understands metadata and health paths', () => {
    assert.deepEqual(parseTarget('/v2/models/mnist'), {
      kind: 'model',
      task: 'mnist',
      version: undefined,
      what: 'metadata',
    });
    assert.deepEqual(parseTarget('/v2/models/mnist/versions/v1/ready'), {
      kind: 'model',
      task: 'mnist',
      version: 'v1',
      what: 'ready',
    });
    assert.deepEqual(parseTarget('/v2/health/live'), { kind: 'server', what: 'live' });
    assert.deepEqual(parseTarget('/service'), { kind: 'service' });
  });

  it('takes what follows a task as it is, for services that are servers themselves', () => {
    const pass = (task: string, version: string | undefined, path: string): object => ({
      kind: 'pass',
      task,
      version,
      path,
    });
    assert.deepEqual(parseTarget('/chat/v1/%2e?a=/../'), pass('chat', undefined, '/v1/%2e'));
    assert.deepEqual(parseTarget('/chat@beta/'), pass('chat', 'beta', '/'));
    assert.equal(parseTarget('/metrics/x').kind, 'none');
  });

  it('F13 takes no encoded, doubled, parent or overlong path for a name', () => {
    const paths = [
      '/..%2fmnist',
      '/mnist%00',
      '//mnist',
      '/mnist//infer',
      '/../mnist',
      '/mnist/..',
      '/%6dnist',
      `/${'m'.repeat(5000)}`,
      '/',
      '',
      '/Mnist',
      '/mnist@',
      '/mnist@v1@v2',
      'mnist',
      'http://x/mnist',
    ];
    for (const path of paths) assert.equal(parseTarget(path).kind, 'none', path);
  });
});
