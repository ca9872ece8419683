import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { buildSettings, hasCredentials, parsePipConfig } from '../../../emulator/docker/build-settings.ts';

const home = '/somebody';
const from = (env: NodeJS.ProcessEnv, files: Readonly<Record<string, string>> = {}) =>
  buildSettings({ env, home, read: (path) => files[path] });

describe('what the installers inside a build are told', () => {
  it('is what pip is told here: files first, then variables, and the later ones win', () => {
    const files = {
      '/etc/pip.conf': '[global]\nindex-url = https://one/simple\ntimeout = 5\n',
      [join(home, '.config', 'pip', 'pip.conf')]: '[install]\nindex_url: https://two/simple\n',
      '/own.conf': '[global]\nextra-index-url =\n    https://three/simple\n    https://four/simple\n',
    };
    const { pip } = from({ PIP_CONFIG_FILE: '/own.conf', PIP_RETRIES: '9', PIP_TARGET: '/elsewhere' }, files);
    assert.deepEqual(pip, {
      PIP_INDEX_URL: 'https://two/simple',
      PIP_EXTRA_INDEX_URL: 'https://three/simple https://four/simple',
      PIP_TIMEOUT: '5',
      PIP_RETRIES: '9',
    });
  });

  it('has the proxies in both of their spellings, and nothing where none is set', () => {
    const env = { http_proxy: 'http://proxy:1', HTTPS_PROXY: 'http://proxy:2', NO_PROXY: '', PATH: '/bin' };
    assert.deepEqual(from(env).proxies, { http_proxy: 'http://proxy:1', HTTPS_PROXY: 'http://proxy:2' });
    assert.deepEqual(from({}), { pip: {}, proxies: {}, certificates: undefined, aptSources: undefined });
  });

  it('has certificates of our own setting, else of pip, else of OpenSSL', () => {
    const env = { SLIPWAY_CERTIFICATES: '/ours', PIP_CERT: '/pip', SSL_CERT_FILE: '/ssl', SLIPWAY_APT_SOURCES: '/apt' };
    assert.deepEqual([from(env).certificates, from(env).aptSources], ['/ours', '/apt']);
    const { SLIPWAY_CERTIFICATES: _ours, ...without } = env;
    assert.equal(from(without).certificates, '/pip');
    assert.equal(from({ SSL_CERT_FILE: '/ssl' }).certificates, '/ssl');
  });

  it('is known to hold a password', () => {
    const pip = (url: string) => ({ pip: { PIP_INDEX_URL: url }, proxies: {} });
    assert.equal(hasCredentials(pip('https://ada:secret@index/simple')), true);
    assert.equal(hasCredentials(pip('https://token@index/simple')), true);
    assert.equal(hasCredentials(pip('https://index/simple/@scope')), false);
  });

  it('is read from sections that count, and comments are none', () => {
    const text = '; a comment\n[freeze]\ntimeout = 1\n[global]\n# another\ntimeout = 2\n';
    assert.deepEqual([...parsePipConfig(text)], [['timeout', '2']]);
  });
});
