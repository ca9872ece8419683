import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, it } from 'mocha';
import { registryLogin, type RegistryLogin } from '../../../emulator/docker/registry-credentials.ts';
import { skip } from '../../support/skip.ts';
import { inTemporaryFolder } from '../../support/temporary-folder.ts';

const host = 'host.example.com:5000';
const base64 = (text: string): string => Buffer.from(text).toString('base64');

function loginIn(config: unknown, of: string): Promise<RegistryLogin | undefined> {
  return inTemporaryFolder(async (folder) => {
    await writeFile(join(folder, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config));
    return registryLogin(of, { folder, signal: new AbortController().signal });
  });
}

/** A program that answers as a credential helper does. */
async function withHelper<T>(answer: string, code: number, use: () => Promise<T>): Promise<T> {
  return inTemporaryFolder(async (folder) => {
    const program = join(folder, 'docker-credential-test');
    await writeFile(
      program,
      `#!/bin/sh\nread server\nprintf '%s' '${answer}' | sed "s/SERVER/$server/g"\nexit ${code}\n`,
    );
    await chmod(program, 0o755);
    const before = process.env['PATH'];
    process.env['PATH'] = `${folder}${delimiter}${before ?? ''}`;
    try {
      return await use();
    } finally {
      process.env['PATH'] = before;
    }
  });
}

describe('the login to a host', () => {
  it('is what docker login kept, also by a whole URL', async () => {
    const kept = { auth: base64('ada:with:colon') };
    for (const name of [host, `https://${host}`, `http://${host}/v2/`]) {
      assert.deepEqual(await loginIn({ auths: { [name]: kept } }, host), {
        username: 'ada',
        password: 'with:colon',
        serveraddress: host,
      });
    }
  });

  it('is found for Docker’s own host under its own name', async () => {
    const config = { auths: { 'https://index.docker.io/v1/': { identitytoken: 'token' } } };
    assert.deepEqual(await loginIn(config, 'docker.io'), {
      identitytoken: 'token',
      serveraddress: 'https://index.docker.io/v1/',
    });
  });

  it('is nobody where nobody logged in, or there is no configuration at all', async () => {
    assert.equal(await loginIn({ auths: { 'other.example.com': { auth: base64('a:b') } } }, host), undefined);
    await inTemporaryFolder(async (folder) => {
      assert.equal(await registryLogin(host, { folder, signal: new AbortController().signal }), undefined);
    });
  });

  it('is asked of the helper of the host, and of the store otherwise', async function () {
    if (process.platform === 'win32') skip(this, 'the helper of this test is a shell script');
    const answer = '{"ServerURL":"SERVER","Username":"ada","Secret":"of SERVER"}';
    const expected = { username: 'ada', password: `of ${host}`, serveraddress: host };
    await withHelper(answer, 0, async () => {
      assert.deepEqual(await loginIn({ credHelpers: { [host]: 'test' } }, host), expected);
      assert.deepEqual(await loginIn({ credsStore: 'test' }, host), expected);
    });
    await withHelper('{"Username":"<token>","Secret":"t"}', 0, async () => {
      const told = await loginIn({ credsStore: 'test' }, host);
      assert.deepEqual(told, { identitytoken: 't', serveraddress: host });
    });
    await withHelper('credentials not found in native keychain', 1, async () => {
      const told = await loginIn({ credsStore: 'test', auths: { [host]: { auth: base64('a:b') } } }, host);
      assert.deepEqual(told, { username: 'a', password: 'b', serveraddress: host });
    });
  });

  it('says what is wrong without a word of what is secret', async () => {
    await assert.rejects(loginIn('{"auths": "c2VjcmV0"', host), (error: Error) => {
      assert.match(error.message, /config\.json is not what Docker writes/);
      return error.cause === undefined && !error.message.includes('c2VjcmV0');
    });
    await assert.rejects(loginIn({ credsStore: 'no-such-helper' }, host), { code: 'docker_config_invalid' });
    await assert.rejects(loginIn({ credsStore: '../sh -c' }, host), { code: 'docker_config_invalid' });
  });
});
