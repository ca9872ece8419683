// What of the platform's environment the code of a service sees.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { cleanEnvironment, workerEnvironment } from '../../../../emulator/engine/local/worker-environment.ts';

describe('cleanEnvironment', () => {
  it('passes on what programs need: paths, language, proxies, certificates, devices', () => {
    const own = { PATH: '/bin', LC_ALL: 'C', https_proxy: 'http://p', SSL_CERT_FILE: '/c', CUDA_VISIBLE_DEVICES: '1' };
    assert.deepEqual(cleanEnvironment(own), own);
  });

  it('passes on no secret and nothing unknown', () => {
    const own = { GITHUB_TOKEN: 't', CUDA_API_KEY: 'k', LC_SECRET: 's', AWS_SESSION: 'x', PYTHONPATH: '/evil' };
    assert.deepEqual(cleanEnvironment(own), {});
  });
});

describe('workerEnvironment', () => {
  it('caps the threads of numeric libraries and marks the process as ours', () => {
    const environment = workerEnvironment({}, { home: '/h', platform: '1.2', parent: 'p' }, 3);
    assert.equal(environment['OMP_NUM_THREADS'], '3');
    assert.equal(environment['TF_NUM_INTRAOP_THREADS'], '3');
    assert.equal(environment['SLIPWAY_PLATFORM_HOME'], '/h');
    assert.match(environment['PYTHONPATH'] ?? '', /emulator.runtime$/);
  });
});
