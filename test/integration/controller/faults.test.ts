// Faults over the control API: who may, what is told, what is refused.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { ControlSite } from '../../support/control-server.ts';
import { digest } from '../../support/manifests.ts';
import { inTemporaryFolder } from '../../support/temporary-folder.ts';
import { until } from '../../support/waiting.ts';

describe('faults over the control API', () => {
  const killing = (replica: string): object => ({ target: 'replica', replica, fault: { kind: 'kill' } });

  it('injects into a replica and tells it as an event of its task', () =>
    inTemporaryFolder((folder) =>
      ControlSite.with({ folder }, async (site) => {
        await site.ask('POST', '/api/v1/tasks', { task: 'mnist', bundle: digest(1) });
        await until(() => site.engine.in('ready').length === 1);
        const [replica] = site.engine.in('ready');
        assert.equal((await site.ask('POST', '/api/v1/faults', killing(replica!))).status, 202);
        assert.ok(site.engine.orders.includes(`fault ${replica} kill`));
        const told = site.events.page({}).events.map(({ body }) => body);
        assert.deepEqual(
          told.filter(({ kind }) => kind === 'fault.injected'),
          [{ kind: 'fault.injected', task: 'mnist', replica, fault: 'kill' }],
        );
      }),
    ));

  it('refuses what the engine does not list, what is not there, and what is no fault', () =>
    inTemporaryFolder((folder) =>
      ControlSite.with({ folder }, async (site) => {
        const code = async (body: object): Promise<string> => {
          const { body: text } = await site.ask('POST', '/api/v1/faults', body);
          return (JSON.parse(text) as { error: { code: string } }).error.code;
        };
        assert.equal(await code(killing('never-v1-00000000-r0')), 'replica_not_found');
        assert.equal(await code({ target: 'node', node: 'node-1', fault: { kind: 'kill' } }), 'fault_unsupported');
        assert.equal(await code({ ...killing('x'), fault: { kind: 'slow', factor: 0.5 } }), 'api_invalid');
        assert.equal(await code({ ...killing('x'), fault: { kind: 'explode' } }), 'api_invalid');
      }),
    ));

  it('refuses all where faults are not allowed, and says so when asked', () =>
    inTemporaryFolder((folder) =>
      ControlSite.with({ folder, faultRefusal: 'not started with --allow-faults' }, async (site) => {
        const refused = await site.ask('POST', '/api/v1/faults', killing('never-v1-00000000-r0'));
        assert.equal(refused.status, 403);
        assert.match(refused.body, /fault_refused/);
        assert.match((await site.ask('GET', '/api/v1/faults')).body, /"refused":".*--allow-faults"/);
      }),
    ));
});
