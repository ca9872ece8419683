// Keys that are good for a time, from what gives them in a cluster: played by servers of the test's own, in the form of
// the real ones.
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { describe, it } from 'mocha';
import { Bucket } from '../../../emulator/cluster/s3/bucket.ts';
import { ContainerCredentials, credentialsFrom, WebIdentity } from '../../../emulator/cluster/s3/credentials.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { inTemporaryFolder } from '../../support/temporary-folder.ts';

const role = 'arn:aws:iam::123456789012:role/bundles';

async function served(handle: RequestListener, use: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('a role that is taken on with the token of a service account', () => {
  it('gives keys until shortly before their end, and then others, with the token as it is then', () =>
    inTemporaryFolder(async (folder) => {
      const clock = new FakeClock();
      const tokenFile = join(folder, 'token');
      const forms: URLSearchParams[] = [];
      const sts: RequestListener = (request, response) => {
        void textOf(request).then((text) => {
          forms.push(new URLSearchParams(text));
          const end = new Date(clock.now() + 3_600_000).toISOString();
          response.end(
            `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>` +
              `<AccessKeyId>ASIA${forms.length}</AccessKeyId><SecretAccessKey>s&amp;${forms.length}</SecretAccessKey>` +
              `<SessionToken>t${forms.length}</SessionToken><Expiration>${end}</Expiration></Credentials>` +
              `</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
          );
        });
      };
      await served(sts, async (endpoint) => {
        const source = new WebIdentity({ role, tokenFile, endpoint, session: 'pod', clock });
        await assert.rejects(source.get(), { code: 'storage_unavailable', message: /no token in/ });
        await writeFile(tokenFile, 'first\n');
        const [one, same] = await Promise.all([source.get(), source.get()]);
        const { accessKeyId, secretAccessKey, sessionToken } = one;
        assert.deepEqual([accessKeyId, secretAccessKey, sessionToken], ['ASIA1', 's&1', 't1']);
        assert.equal(same, one);
        await writeFile(tokenFile, 'second');
        clock.advance(3_000_000);
        assert.equal((await source.get()).accessKeyId, 'ASIA1');
        clock.advance(300_001);
        assert.equal((await source.get()).accessKeyId, 'ASIA2');
      });
      assert.deepEqual(
        forms.map((form) => [form.get('Action'), form.get('RoleArn'), form.get('WebIdentityToken')]),
        ['first', 'second'].map((token) => ['AssumeRoleWithWebIdentity', role, token]),
      );
    }));

  it('tells what the token service says against it', () =>
    inTemporaryFolder(async (folder) => {
      const tokenFile = join(folder, 'token');
      await writeFile(tokenFile, 'token');
      const refuse: RequestListener = (_request, response) => {
        response.statusCode = 403;
        response.end(
          '<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not authorized.</Message></Error></ErrorResponse>',
        );
      };
      await served(refuse, async (endpoint) => {
        const source = new WebIdentity({ role, tokenFile, endpoint, session: 'pod', clock: new FakeClock() });
        await assert.rejects(source.get(), { code: 'storage_unavailable', message: /AccessDenied: Not authorized\.$/ });
      });
    }));
});

describe('credentials that an agent gives to a pod', () => {
  it('are asked for with the token that the pod has, and sign requests; others follow when they have come to their end', () =>
    inTemporaryFolder(async (folder) => {
      const clock = new FakeClock();
      const tokenFile = join(folder, 'token');
      await writeFile(tokenFile, 'of the pod');
      let given = 0;
      const tokens: unknown[] = [];
      const handle: RequestListener = (request, response) => {
        if (request.url === '/credentials') {
          assert.equal(request.headers.authorization, 'of the pod');
          const Expiration = new Date(clock.now() + 3_600_000).toISOString();
          const keys = { AccessKeyId: `ASIA${++given}`, SecretAccessKey: 'secret', Token: `t${given}`, Expiration };
          response.end(JSON.stringify(keys));
          return;
        }
        tokens.push(request.headers['x-amz-security-token']);
        assert.match(request.headers.authorization ?? '', /SignedHeaders=[^,]*x-amz-security-token/);
        response.statusCode = given === 1 ? 400 : 200;
        response.end('<Error><Code>ExpiredToken</Code><Message>It has expired.</Message></Error>');
      };
      await served(handle, async (url) => {
        const credentials = new ContainerCredentials({ url: `${url}/credentials`, tokenFile, clock });
        const bucket = new Bucket({ endpoint: url, bucket: 'b', region: 'r', credentials, clock });
        await bucket.check();
      });
      assert.deepEqual(tokens, ['t1', 't2']);
    }));
});

describe('what opens the bucket of an installation', () => {
  it('is the secret that is mounted, a role, or an agent; without any of them it says how to have one', () => {
    const clock = new FakeClock();
    const about = { SLIPWAY_S3_REGION: 'cn-north-1', POD_NAME: 'slipway-bundles-0' };
    const nameOf = (more: object): string => credentialsFrom({ ...about, ...more }, clock).constructor.name;
    const roles = { AWS_ROLE_ARN: role, AWS_WEB_IDENTITY_TOKEN_FILE: '/token' };
    const agent = { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials' };
    assert.equal(nameOf({ ...roles, ...agent, SLIPWAY_S3_KEYS: '/slipway/s3' }), 'SecretFiles');
    assert.equal(nameOf({ ...roles, ...agent }), 'WebIdentity');
    assert.equal(nameOf(agent), 'ContainerCredentials');
    assert.throws(() => credentialsFrom(about, clock), { code: 'usage' });
  });
});
