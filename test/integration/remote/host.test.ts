// A plain host as a remote: `slipway up --listen` there, `slipway remote add` and `deploy --to` here.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { makeCertificate } from '../../support/certificate.ts';
import { slipway, slipwayJson } from '../../support/command-line.ts';
import { freePorts } from '../../support/free-ports.ts';
import { writeService } from '../../support/service-folder.ts';
import { inTemporaryFolder } from '../../support/temporary-folder.ts';

const source = `class Echo:
    def load_model(self):
        pass

    def execute(self, data, batch_size):
        return [item.body[::-1] for item in data]
`;

describe('a plain host as a remote', () => {
  it('is added, logged in to and deployed to, and answers as a local platform does', () =>
    inTemporaryFolder(async (folder) => {
      const there = { home: join(folder, 'there'), cwd: folder };
      const here = { home: join(folder, 'here'), cwd: folder };
      await makeCertificate(folder);
      await writeService(join(folder, 'echo'), { name: 'echo' }, { 'service.py': source, 'samples/a.txt': 'abc' });
      const [control, inference] = (await freePorts(2)) as [number, number];
      try {
        const listen = ['--listen', `127.0.0.1:${control}`, '--listen-inference-port', String(inference)];
        await slipwayJson(['up', ...listen, '--tls-cert', 'tls.crt', '--tls-key', 'tls.key'], there);
        const faults = await slipwayJson(['fault', 'list'], there);
        assert.match(JSON.stringify(faults), /not started with --allow-faults/);
        const made = (await slipwayJson(['token', 'create', 'laptop', '--role', 'publisher'], there)) as {
          token: string;
        };

        await slipwayJson(['remote', 'add', 'prod', `https://127.0.0.1:${control}`, '--ca', 'tls.crt'], here);
        assert.equal((await slipway(['tasks', '--to', 'prod', '--json'], here)).code, 1, 'nobody logged in yet');
        await slipwayJson(['login', 'prod'], { ...here, stdin: `${made.token}\n` });

        const target = (await slipwayJson(['check', 'echo', '--target', 'prod'], here)) as { ok: boolean };
        assert.equal(target.ok, true, 'what the remote says of itself fits');
        const wanting = { name: 'wanting', apt: ['no-such-package'] };
        await writeService(join(folder, 'wanting'), wanting, { 'service.py': source });
        const unfit = await slipway(['check', 'wanting', '--target', 'prod', '--json'], here);
        assert.match(unfit.stdout, /"apt\\" asks for no-such-package, which prod does not have/);
        const refusedDrift = await slipway(['deploy', 'wanting', '--to', 'prod', '--json'], here);
        assert.equal(refusedDrift.code, 1);
        assert.match(refusedDrift.stdout, /target_mismatch.*--ignore-drift/);
        assert.deepEqual(await slipwayJson(['tasks', '--to', 'prod'], here), { tasks: [] }, 'nothing was sent');
        await slipwayJson(['deploy', 'wanting', '--to', 'prod', '--ignore-drift'], here);
        await slipwayJson(['delete', 'wanting', '--yes', '--to', 'prod'], here);

        const parity = (await slipwayJson(['parity', 'prod'], here)) as { differences: { topic: string }[] };
        assert.deepEqual(
          parity.differences.map(({ topic }) => topic),
          ['faults in rehearsals'],
          'the same engine on the same machine, but other machines use it',
        );

        const deployed = (await slipwayJson(['deploy', 'echo', '--to', 'prod'], here)) as { state: string };
        assert.equal(deployed.state, 'ready');
        const called = (await slipwayJson(['call', 'echo', '--data', '"abc"', '--to', 'prod'], here)) as {
          answer: unknown;
        };
        assert.equal(called.answer, '"cba"');
        const refused = await slipway(['token', 'list', '--to', 'prod', '--json'], here);
        assert.match(refused.stdout, /forbidden_role/);
        await slipwayJson(['delete', 'echo', '--yes', '--to', 'prod'], here);
        await slipwayJson(['remote', 'remove', 'prod'], here);
        assert.match((await slipway(['tasks', '--to', 'prod', '--json'], here)).stdout, /remote_not_found/);
      } finally {
        await slipway(['down'], here);
        await slipway(['down', '--force'], there);
      }
    }));

  it('does not listen for other machines without TLS', () =>
    inTemporaryFolder(async (folder) => {
      const { code, stdout } = await slipway(['up', '--listen', '0.0.0.0:0', '--json'], { home: join(folder, 'home') });
      assert.equal(code, 1);
      assert.match(stdout, /tls_required/);
    }));
});
