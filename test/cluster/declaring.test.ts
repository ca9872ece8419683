// A task that is declared with kubectl is the same as one that is made through the API.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { join } from 'node:path';
import { packFolder } from '../../emulator/bundle/pack.ts';
import type { ClusterSite } from '../support/cluster-site.ts';
import { useCluster } from '../support/cluster-suite.ts';
import { writeEcho } from '../support/echo-service.ts';

interface TaskResource {
  readonly spec: { readonly bundle: string; readonly replicas?: number; readonly stopped?: boolean };
  readonly status?: {
    readonly state?: string;
    readonly version?: string;
    readonly replicas?: string;
    readonly reason?: { readonly message: string };
  };
}

describe('a task as a custom resource', () => {
  const there = useCluster();
  it('is made, rolled, scaled, stopped and deleted with kubectl, as through the API', async () => {
    const site = there();
    const [first, second] = [await upload(site, 'one'), await upload(site, 'two')];
    const declare = (spec: object): Promise<void> =>
      site.apply({
        apiVersion: 'slipway.dev/v1',
        kind: 'Task',
        metadata: { name: 'kube', namespace: 'slipway' },
        spec,
      });
    await declare({ bundle: first, replicas: 1 });
    await shows(site, 'kube', { state: 'ready', version: 'v1', replicas: '1/1' });
    await declare({ bundle: second, replicas: 1 });
    await shows(site, 'kube', { state: 'ready', version: 'v2', replicas: '1/1' });
    await declare({ bundle: second, replicas: 2 });
    await shows(site, 'kube', { state: 'ready', version: 'v2', replicas: '2/2' });
    const { versions } = (await site.run('status', 'kube', '--to', 'prod')) as { versions: { bundle: string }[] };
    assert.deepEqual(
      versions.map(({ bundle }) => bundle),
      [first, second],
    );
    await declare({ bundle: second, replicas: 2, stopped: true });
    await shows(site, 'kube', { state: 'stopped', replicas: '0/0' });
    await site.kubectl('delete', 'task', 'kube', '--wait=false');
    await site.until(async () => (await site.task('kube')) === undefined);
    const left = (): Promise<string> => site.kubectl('get', 'deployments', '-l', 'slipway.dev/task=kube', '-o', 'name');
    await site.until(async () => (await left()) === '');
  });

  it('shows in its spec what the API was asked for, and follows kubectl from there', async () => {
    const site = there();
    await writeEcho(site.folder, 'both', {}, 'first');
    await site.run('deploy', 'both', '--to', 'prod');
    await site.run('scale', 'both', '2', '--to', 'prod');
    assert.equal((await resource(site, 'both')).spec.replicas, 2);
    await site.kubectl('patch', 'task', 'both', '--type', 'merge', '-p', '{"spec":{"replicas":1}}');
    await shows(site, 'both', { state: 'ready', replicas: '1/1' });
    await writeEcho(site.folder, 'both', {}, 'second');
    const { bundle } = (await resource(site, 'both')).spec;
    await site.run('deploy', 'both', '--to', 'prod');
    assert.notEqual((await resource(site, 'both')).spec.bundle, bundle);
    await site.run('rollback', 'both', '--to', 'prod');
    assert.equal((await resource(site, 'both')).spec.bundle, bundle);
    await shows(site, 'both', { state: 'ready', version: 'v1' });
    // Somebody who does not wait for the draining.
    await site.kubectl('delete', 'task', 'both', '--wait=false');
    await site
      .kubectl('patch', 'task', 'both', '--type', 'merge', '-p', '{"metadata":{"finalizers":null}}')
      .catch(() => '');
    await site.until(async () => {
      const { tasks } = (await site.run('tasks', '--to', 'prod')) as { tasks: readonly { name: string }[] };
      return tasks.every(({ name }) => name !== 'both') && (await site.task('both')) === undefined;
    });
    await site.until(async () => (await site.pods('replica', ',slipway.dev/task=both')).length === 0);
  });

  it('says in its status why a declaration cannot be followed', async () => {
    const site = there();
    const bundle = `sha256:${'0'.repeat(64)}`;
    const metadata = { name: 'nowhere', namespace: 'slipway' };
    await site.apply({ apiVersion: 'slipway.dev/v1', kind: 'Task', metadata, spec: { bundle } });
    await site.until(async () => /no bundle/.test((await resource(site, 'nowhere')).status?.reason?.message ?? ''));
    await assert.rejects(
      site.apply({ apiVersion: 'slipway.dev/v1', kind: 'Task', metadata, spec: { bundle: 'latest' } }),
      /spec.bundle/,
    );
    await site.kubectl('delete', 'task', 'nowhere', '--timeout', '30s');
  });
});

async function upload(site: ClusterSite, mark: string): Promise<string> {
  const packed = await packFolder(await writeEcho(join(site.folder, mark), 'kube', {}, mark));
  await site.withClient((client) => client.upload(packed));
  return packed.digest;
}

async function resource(site: ClusterSite, name: string): Promise<TaskResource> {
  const found = await site.task(name);
  assert.ok(found !== undefined, `there is no task ${name}`);
  return found as TaskResource;
}

async function shows(site: ClusterSite, name: string, wanted: Readonly<Record<string, string>>): Promise<void> {
  const keys = Object.keys(wanted) as (keyof NonNullable<TaskResource['status']>)[];
  let status: TaskResource['status'];
  try {
    await site.until(async () => {
      ({ status } = ((await site.task(name)) ?? {}) as Partial<TaskResource>);
      return keys.every((key) => status?.[key] === wanted[key]);
    });
  } catch (error) {
    throw new Error(`${name} was to show ${JSON.stringify(wanted)}, and shows ${JSON.stringify(status)}`, {
      cause: error,
    });
  }
}
