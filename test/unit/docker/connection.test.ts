import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import {
  connectDocker,
  dockerAddress,
  isLocal,
  showAddress,
  type AddressSources,
} from '../../../emulator/docker/connection.ts';

const home = '/somebody';
const at = (...parts: readonly string[]): string => join(home, '.docker', ...parts);
const keyOf = (context: string): string => createHash('sha256').update(context).digest('hex');
const meta = (name: string, host: string): [string, string] => [
  at('contexts', 'meta', keyOf(name), 'meta.json'),
  JSON.stringify({ Name: name, Metadata: {}, Endpoints: { docker: { Host: host, SkipTLSVerify: false } } }),
];

function sources(
  env: NodeJS.ProcessEnv,
  { platform = 'linux', files = [] }: { platform?: NodeJS.Platform; files?: readonly [string, string][] } = {},
): AddressSources {
  const texts = new Map(files);
  return { env, platform, home, exists: (path) => texts.has(path), read: (path) => texts.get(path) };
}

describe('the address of the Docker Engine', () => {
  const usual = '/var/run/docker.sock';
  const cases: [string, NodeJS.ProcessEnv, object][] = [
    ['the usual socket', {}, { kind: 'socket', path: usual }],
    ['a socket by name', { DOCKER_HOST: 'unix:///run/other.sock' }, { kind: 'socket', path: '/run/other.sock' }],
    ['the usual socket by its scheme', { DOCKER_HOST: 'unix://' }, { kind: 'socket', path: usual }],
    [
      'a named pipe',
      { DOCKER_HOST: 'npipe:////./pipe/docker_engine' },
      { kind: 'pipe', path: '//./pipe/docker_engine' },
    ],
    [
      'a port without TLS',
      { DOCKER_HOST: 'tcp://127.0.0.1' },
      { kind: 'tcp', host: '127.0.0.1', port: 2375, tls: undefined },
    ],
    ['a port without a scheme', { DOCKER_HOST: 'box:99' }, { kind: 'tcp', host: 'box', port: 99, tls: undefined }],
    [
      'TLS with files of the user',
      { DOCKER_HOST: 'tcp://box', DOCKER_TLS_VERIFY: '1' },
      { kind: 'tcp', host: 'box', port: 2376, tls: { folder: join(home, '.docker') } },
    ],
    [
      'TLS with files elsewhere',
      { DOCKER_HOST: 'tcp://box:77', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/certs' },
      { kind: 'tcp', host: 'box', port: 77, tls: { folder: '/certs' } },
    ],
    [
      'TLS by the scheme',
      { DOCKER_HOST: 'https://box', DOCKER_CERT_PATH: '/certs' },
      { kind: 'tcp', host: 'box', port: 2376, tls: { folder: '/certs' } },
    ],
    ['another machine by ssh', { DOCKER_HOST: 'ssh://ada@box' }, { kind: 'ssh', host: 'box', port: 22, user: 'ada' }],
  ];
  for (const [what, env, expected] of cases) {
    it(`is ${what}`, () => assert.deepEqual(dockerAddress(sources(env)), expected));
  }

  it('is a pipe on Windows, with or without a setting', () => {
    const pipe = { kind: 'pipe', path: '//./pipe/docker_engine' };
    assert.deepEqual(dockerAddress(sources({}, { platform: 'win32' })), pipe);
    assert.deepEqual(dockerAddress(sources({ DOCKER_HOST: 'npipe://' }, { platform: 'win32' })), pipe);
  });

  it('is the socket of the user where the machine has none', () => {
    const files: [string, string][] = [[at('run', 'docker.sock'), '']];
    assert.deepEqual(dockerAddress(sources({}, { files })), { kind: 'socket', path: at('run', 'docker.sock') });
    const rootless = sources({ XDG_RUNTIME_DIR: '/run/user/7' }, { files: [['/run/user/7/docker.sock', '']] });
    assert.deepEqual(dockerAddress(rootless), { kind: 'socket', path: '/run/user/7/docker.sock' });
  });

  it('is refused when it cannot be understood', () => {
    for (const host of ['gopher://box', 'tcp://', 'http://:1', 'unix']) {
      const ask = (): unknown => dockerAddress(sources({ DOCKER_HOST: host }));
      if (host === 'unix') assert.deepEqual(ask(), { kind: 'tcp', host: 'unix', port: 2375, tls: undefined });
      else assert.throws(ask, { code: 'usage' }, host);
    }
  });
});

describe('a context of the Docker command line', () => {
  const config: [string, string] = [at('config.json'), '{"currentContext": "mine", "auths": {}}'];

  it('says where the Engine is', () => {
    const files = [config, meta('mine', 'unix:///somebody/.colima/docker.sock')];
    const address = { kind: 'socket', path: '/somebody/.colima/docker.sock' };
    assert.deepEqual(dockerAddress(sources({}, { files })), address);
  });

  it('gives way to DOCKER_HOST, and DOCKER_CONTEXT goes before the one in use', () => {
    const files = [config, meta('mine', 'unix:///mine.sock'), meta('other', 'npipe:////./pipe/other')];
    assert.deepEqual(dockerAddress(sources({ DOCKER_HOST: 'unix:///host.sock' }, { files })), {
      kind: 'socket',
      path: '/host.sock',
    });
    assert.deepEqual(dockerAddress(sources({ DOCKER_CONTEXT: 'other' }, { files })), {
      kind: 'pipe',
      path: '//./pipe/other',
    });
    const usual = dockerAddress(sources({ DOCKER_CONTEXT: 'default' }, { files }));
    assert.deepEqual(usual, { kind: 'socket', path: '/var/run/docker.sock' });
  });

  it('brings the files of its own TLS', () => {
    const tls = at('contexts', 'tls', keyOf('mine'), 'docker');
    const files: [string, string][] = [config, meta('mine', 'tcp://box:2376'), [join(tls, 'ca.pem'), 'PEM']];
    // What the environment says of TLS is for its own DOCKER_HOST.
    const env = { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/elsewhere' };
    const address = { kind: 'tcp', host: 'box', port: 2376, tls: { folder: tls } };
    assert.deepEqual(dockerAddress(sources(env, { files })), address);
    const plain = [config, meta('mine', 'tcp://box:2375')];
    assert.deepEqual(dockerAddress(sources(env, { files: plain })), { ...address, port: 2375, tls: undefined });
  });

  it('that is not there is told, and so is one that is garbled', () => {
    for (const files of [[config], [config, [at('contexts', 'meta', keyOf('mine'), 'meta.json'), '{']]]) {
      const ask = (): unknown => dockerAddress(sources({}, { files: files as [string, string][] }));
      assert.throws(ask, { code: 'docker_config_invalid', message: /mine/ });
    }
  });

  it('is none where the configuration cannot be read', () => {
    const files: [string, string][] = [[at('config.json'), 'not JSON']];
    assert.deepEqual(dockerAddress(sources({}, { files })), { kind: 'socket', path: '/var/run/docker.sock' });
  });
});

describe('a client of the Docker Engine', () => {
  it('goes where its address says, and nowhere else', () => {
    const before = process.env['DOCKER_HOST'];
    process.env['DOCKER_HOST'] = 'tcp://elsewhere:1';
    try {
      const { modem: pipe } = connectDocker({ kind: 'pipe', path: '//./pipe/docker_engine' });
      const told = pipe as { socketPath?: string; host?: string; protocol?: string };
      assert.deepEqual([told.socketPath, told.host], ['//./pipe/docker_engine', undefined]);
      const { modem } = connectDocker({ kind: 'tcp', host: 'box', port: 9, tls: undefined });
      const tcp = modem as { socketPath?: string; host?: string; port?: number; protocol?: string };
      assert.deepEqual([tcp.socketPath, tcp.host, tcp.port, tcp.protocol], [undefined, 'box', 9, 'http']);
    } finally {
      if (before === undefined) delete process.env['DOCKER_HOST'];
      else process.env['DOCKER_HOST'] = before;
    }
  });

  it('says which file of its TLS is missing', () => {
    const tls = { folder: '/nowhere' };
    assert.throws(() => connectDocker({ kind: 'tcp', host: 'box', port: 1, tls }), {
      code: 'docker_unreachable',
      message: /\/nowhere\/ca\.pem/,
    });
  });

  it('is on this machine or not', () => {
    const local = { kind: 'tcp', host: '127.0.0.1', port: 1, tls: undefined } as const;
    assert.deepEqual([isLocal(local), isLocal({ ...local, host: 'box' })], [true, false]);
    assert.equal(isLocal({ kind: 'ssh', host: 'localhost', port: 22, user: 'ada' }), false);
    assert.equal(showAddress({ ...local, tls: { folder: '/certs' } }), 'tcp+tls://127.0.0.1:1');
  });
});
