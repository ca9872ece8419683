// Tests of emulator/bundle/secrets.ts.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { findSecret, secretError } from '../../../emulator/bundle/secrets.ts';

/** Put together here, so that no scanner takes this file for a secret. */
const keyStart = (kind: string): Buffer =>
  Buffer.from(['some text\n-----BEGIN ', kind, 'PRIVATE ', 'KEY-----\nMIIE\n'].join(''));

describe('secrets', () => {
  it('are known by their name, at any depth and in any case', () => {
    const names = [
      '.env',
      '.env.local',
      '.envrc',
      'config/.ENV',
      'id_rsa',
      'keys/id_ed25519',
      'tls.key',
      'a.p12',
      'A.PFX',
    ];
    const more = ['.netrc', '.pypirc', '.git-credentials', '.git/config', '.ssh/known_hosts', '.aws/credentials'];
    const last = [
      'credentials.json',
      'gcp/service-account-x.json',
      'client_secret_1.json',
      'secrets.yaml',
      '.kube/config',
    ];
    for (const path of [...names, ...more, ...last])
      assert.notEqual(findSecret(path, Buffer.alloc(0)), undefined, path);
  });

  it('are not seen in ordinary files', () => {
    const names = [
      'env.py',
      'my.env.py',
      'id_rsa.pub',
      'keys.py',
      'monkey.txt',
      'cert.pem',
      'credentials.py',
      '.gitignore',
    ];
    for (const path of names) assert.equal(findSecret(path, Buffer.from('hello')), undefined, path);
    assert.equal(findSecret('.npmrc', Buffer.from('registry=https://example.org\n')), undefined);
    assert.equal(findSecret('.npmrc', Buffer.from('//example.org/:_authToken=${TOKEN}\n')), undefined);
  });

  it('are known by a private key in the content', () => {
    for (const kind of ['', 'RSA ', 'EC ', 'OPENSSH ', 'ENCRYPTED ']) {
      assert.match(findSecret('notes.txt', keyStart(kind))?.why ?? '', /private key/, kind);
    }
    assert.equal(findSecret('notes.txt', Buffer.from('-----BEGIN PUBLIC KEY-----\nMIIE\n')), undefined);
    assert.equal(findSecret('.npmrc', Buffer.from('//example.org/:_authToken=abc\n'))?.why, 'has a token in it');
  });

  it('are all named in one error, up to ten', () => {
    const many = Array.from({ length: 12 }, (_, index) => ({ path: `${index}.key`, why: 'is a key' }));
    const error = secretError(many);
    assert.equal(error.code, 'bundle_secret');
    assert.match(error.message, /0\.key is a key; .*9\.key is a key, and 2 more\.$/);
  });
});
