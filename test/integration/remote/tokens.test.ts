import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'mocha';
import { SlipwayClient } from '../../../emulator/client/client.ts';
import type { AuditEntry } from '../../../emulator/controller/api/audit.ts';
import type { Role } from '../../../schemas/access.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { ControlSite } from '../../support/control-server.ts';
import { inTemporaryFolder } from '../../support/temporary-folder.ts';

interface Place {
  readonly site: ControlSite;
  readonly ca: string;
  readonly audited: AuditEntry[];
  readonly client: (token: string) => SlipwayClient;
}

/** A control port with TLS, as other machines meet it. */
function withRemote(use: (place: Place) => Promise<void>): Promise<void> {
  return inTemporaryFolder(async (folder) => {
    const { cert, key } = await makeCertificate(folder);
    const audited: AuditEntry[] = [];
    const remote = { tls: { cert, key }, inference: () => 'https://gateway.example' };
    const clients: SlipwayClient[] = [];
    await ControlSite.with({ folder, remote, audit: (entry) => audited.push(entry) }, async (site) => {
      const client = (token: string): SlipwayClient => {
        const made = new SlipwayClient({ control: site.url, token, ca: cert });
        clients.push(made);
        return made;
      };
      try {
        await use({ site, ca: cert, audited, client });
      } finally {
        for (const made of clients) await made.close();
      }
    });
  });
}

const day = 86_400_000;

describe('tokens for those who come from other machines', () => {
  it('F38 refuses a wrong, an expired and a revoked token, and says which', () =>
    withRemote(async ({ site, client }) => {
      const made = await site.tokens.create({ name: 'ci', role: 'publisher', days: 1 });
      await client(made.token).call('listTasks', {});
      await assert.rejects(client(`slw_${made.id}_${'0'.repeat(64)}`).call('listTasks', {}), { code: 'unauthorized' });
      await assert.rejects(client('nonsense').call('listTasks', {}), { code: 'unauthorized' });
      await site.tokens.revoke(made.id);
      await assert.rejects(client(made.token).call('listTasks', {}), { code: 'unauthorized', message: /revoked/ });

      const { token } = await site.tokens.create({ name: 'old', role: 'publisher', days: 1 });
      const now = Date.now;
      Date.now = () => now() + 2 * day;
      try {
        assert.throws(() => site.tokens.identify(token), { code: 'unauthorized', message: /"old" expired/ });
      } finally {
        Date.now = now;
      }
    }));

  it('keeps nothing of a token but its hash', () =>
    withRemote(async ({ site }) => {
      const { token, id } = await site.tokens.create({ name: 'ci', role: 'viewer' });
      assert.deepEqual(Object.keys(site.tokens.list().find((one) => one.id === id)!).sort(), [
        'createdAt',
        'expiresAt',
        'id',
        'name',
        'role',
      ]);
      assert.equal(JSON.stringify(site.tokens.list()).includes(token.slice(13)), false);
    }));

  it('lets each role do what it may and no more', () =>
    withRemote(async ({ site, client }) => {
      const as = async (role: Role): Promise<SlipwayClient> =>
        client((await site.tokens.create({ name: role, role })).token);
      const [viewer, publisher, admin] = [await as('viewer'), await as('publisher'), await as('admin')];
      assert.deepEqual(await viewer.call('whoAmI', {}), { name: 'viewer', role: 'viewer' });
      assert.deepEqual((await viewer.call('listTasks', {})).tasks, []);
      const stop = { params: { task: 'mnist' }, body: {} };
      await assert.rejects(viewer.call('stop', stop), { code: 'forbidden_role' });
      // What clients have sent is in a captured batch.
      const batch = { params: { batch: 'mnist-v1-00000000-b1' } };
      await assert.rejects(viewer.call('getBatch', batch), { code: 'forbidden_role' });
      await assert.rejects(publisher.call('getBatch', batch), { code: 'batch_not_found' });
      await assert.rejects(publisher.call('stop', stop), { code: 'task_not_found' });
      await assert.rejects(publisher.call('listTokens', {}), { code: 'forbidden_role' });
      await assert.rejects(publisher.call('shutdown', { body: {} }), { code: 'forbidden_role' });
      assert.equal((await admin.call('listTokens', {})).tokens.length, 3);
      assert.equal(site.shutdowns, 0);
    }));

  it('stops listening to an address that keeps being wrong, and not to others', () =>
    withRemote(async ({ site, client }) => {
      const good = client((await site.tokens.create({ name: 'good', role: 'viewer' })).token);
      const bad = client('wrong');
      for (let attempt = 0; attempt < 10; attempt++) {
        await assert.rejects(bad.call('listTasks', {}), { code: 'unauthorized' });
      }
      await assert.rejects(bad.call('listTasks', {}), { code: 'too_many_logins' });
      await good.call('listTasks', {});
    }));

  it('writes down who changed what and who was refused, never a token', () =>
    withRemote(async ({ site, client, audited }) => {
      const { token } = await site.tokens.create({ name: 'ci', role: 'publisher' });
      await assert.rejects(client(token).call('stop', { params: { task: 'mnist' }, body: {} }));
      await client(token).call('listTasks', {});
      await assert.rejects(client('wrong').call('listTasks', {}));
      assert.deepEqual(
        audited.map(({ who, method, path, status }) => `${who} ${method} ${path} ${status}`),
        ['ci POST /api/v1/tasks/mnist/stop 404', 'null GET /api/v1/tasks 401'],
      );
      assert.equal(JSON.stringify(audited).includes(token), false);
    }));

  it('F38 notices a certificate that is not the one it trusts, and sends nothing', () =>
    withRemote(async ({ site, audited }) => {
      const client = new SlipwayClient({ control: site.url, token: 'secret-of-the-user' });
      await assert.rejects(client.call('listTasks', {}), { code: 'certificate_untrusted' });
      await client.close();
      await inTemporaryFolder(async (folder) => {
        const { cert } = await makeCertificate(folder);
        const other = new SlipwayClient({ control: site.url, token: 'secret-of-the-user', ca: cert });
        await assert.rejects(other.call('listTasks', {}), { code: 'certificate_untrusted' });
        await other.close();
      });
      assert.deepEqual(audited, []);
    }));

  it('F38 does not follow a redirect, so that the token goes nowhere else', async () => {
    const seen: IncomingHttpHeaders[] = [];
    const thief = createServer((request, response) => {
      seen.push(request.headers);
      response.end('{"tasks":[]}');
    });
    await new Promise<void>((resolve) => thief.listen(0, '127.0.0.1', resolve));
    const elsewhere = `http://127.0.0.1:${(thief.address() as AddressInfo).port}/api/v1/tasks`;
    for (const status of [301, 302, 303, 307, 308]) {
      const site = createServer((_request, response) => response.writeHead(status, { location: elsewhere }).end());
      await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
      const client = new SlipwayClient({
        control: `http://127.0.0.1:${(site.address() as AddressInfo).port}`,
        token: 'secret-of-the-user',
      });
      await assert.rejects(client.call('listTasks', {}), { code: 'redirected' });
      await client.close();
      site.close();
    }
    thief.close();
    assert.deepEqual(seen, []);
  });

  it('never sends a token to another machine without encryption', () => {
    assert.throws(() => new SlipwayClient({ control: 'http://slipway.example.com', token: 'x' }), {
      code: 'tls_required',
    });
  });
});
