// What several gateways do as one: divide traffic, keep keys together, take feedback, and tell what they carry.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import { ExperimentView } from '../../schemas/experiment.ts';
import { useCluster } from '../support/cluster-suite.ts';
import { writeEcho } from '../support/echo-service.ts';
import { Caller, type Answer } from '../support/many-requests.ts';
import { until } from '../support/waiting.ts';

const requests = 10_000;
const users = 300;
const patienceMs = 120_000;

describe('two gateways', () => {
  const there = useCluster();
  const callers: Caller[] = [];
  const ask = (at: number): Caller => callers[at]!;
  before(async () => {
    const site = there();
    // None of them is evicted while it is asked.
    await site.spreadGateways();
    for (const place of await site.gateways()) callers.push(new Caller(place));
    await writeEcho(site.folder, 'ab', {}, 'alpha');
    await site.run('deploy', 'ab', '--to', 'prod');
    await writeEcho(site.folder, 'ab', {}, 'beta');
    await site.run('deploy', 'ab', '--name', 'beta', '--no-traffic', '--to', 'prod');
    await site.run('split', 'ab', 'v1=80', 'beta=20', '--to', 'prod');
    await site.until(async () => (await site.readyReplicas('ab')).length === 2);
    for (const caller of callers)
      await until(async () => (await caller.one({ path: '/ab' })).version === 'v2', patienceMs);
  });
  after(async () => {
    for (const caller of callers.splice(0)) caller.close();
    await there().run('delete', 'ab', '--yes', '--to', 'prod');
  });

  it(`divide ${requests} requests as the weights say, within a point`, async () => {
    const each = await Promise.all(callers.map((caller) => caller.many(requests / 2, 16, () => ({ path: '/ab' }))));
    const beta = (answers: readonly Answer[]): number =>
      answers.filter(({ version }) => version === 'v2').length / answers.length;
    const all = each.flat();
    assert.equal(all.filter(({ status }) => status === 200).length, requests);
    const shares = each.map((answers) => `${(100 * beta(answers)).toFixed(2)}%`);
    console.log(`    20% of ${requests}: ${(100 * beta(all)).toFixed(2)}% (gateways ${shares.join(' and ')})`);
    assert.ok(Math.abs(beta(all) - 0.2) <= 0.01, `${beta(all)}`);
  });

  it('send a key to the same version, and move only as many as they must', async () => {
    const site = there();
    const wanted = (user: number): { path: string; headers: Record<string, string> } => ({
      path: '/ab',
      headers: { 'x-user': `user-${user}` },
    });
    const versions = async (at: number): Promise<readonly string[]> =>
      (await ask(at).many(users, 16, wanted)).map(({ version }) => version);
    /** Both follow the controller, one a moment after the other. */
    const agreed = async (): Promise<readonly string[]> => {
      let found: readonly string[] = [];
      await until(async () => {
        found = await versions(0);
        return found.join() === (await versions(1)).join();
      }, patienceMs);
      return found;
    };
    await site.run('split', 'ab', 'v1=80', 'beta=20', '--sticky', 'header:x-user', '--to', 'prod');
    const before = await agreed();
    assert.deepEqual(await versions(1), before);
    await site.run('split', 'ab', 'v1=70', 'beta=30', '--sticky', 'header:x-user', '--to', 'prod');
    let now = before;
    await until(async () => (now = await agreed()).join() !== before.join(), patienceMs);
    const moved = now.filter((version, user) => version !== before[user]);
    assert.ok(moved.every((version) => version === 'v2'));
    console.log(`    of ${users} keys ${moved.length} moved for 10 points more`);
    assert.ok(moved.length < users * 0.2);
  });

  it('take feedback for the experiment, whichever gateway gave the answer', async () => {
    const answers = await ask(0).many(40, 4, (user) => ({ path: '/ab', headers: { 'x-user': `user-${user}` } }));
    const outcomes = answers.map(({ request, version }) => {
      return { request, version, outcome: version === 'v2' ? 1 : 0 };
    });
    const tell = async (at: number, body: unknown): Promise<unknown> => {
      const headers = { 'content-type': 'application/json' };
      const { status, text } = await ask(at).one({ path: '/ab/feedback', body: JSON.stringify(body), headers });
      return { status, ...(JSON.parse(text) as object) };
    };
    assert.deepEqual(await tell(1, outcomes[0]), { status: 202, accepted: 1, duplicates: 0 });
    assert.deepEqual(await tell(0, outcomes), { status: 202, accepted: 39, duplicates: 1 });
    const beyond = (await tell(1, { ...outcomes[0], request: 'beyond', outcome: 7 })) as { status: number };
    assert.equal(beyond.status, 422);
    const { versions } = ExperimentView.parse(await there().run('ab', 'status', 'ab', '--to', 'prod'));
    assert.equal(
      versions.reduce((sum, { outcomes: some }) => sum + some, 0),
      40,
    );
    // Kept with the task, for the controller that comes after this one.
    const kept = async (): Promise<unknown> =>
      ((await there().task('ab')) as { experiment?: { duplicates?: number } }).experiment?.duplicates;
    await there().until(async () => (await kept()) === 1);
  });
});

describe('a task that scales by itself in a cluster', () => {
  const there = useCluster();
  it('has replicas for the load of all gateways together, sleeps, and holds the requests that wake it', async () => {
    const site = there();
    const scaling = { min: 0, max: 4, targetConcurrency: 4, stableWindowMs: 2_000, idleMs: 3_000 };
    // Pods may take their time to come, and requests are held for as long as their deadline.
    await writeEcho(site.folder, 'sleeper', { scaling, config: { delay: 0.1 }, timeouts: { deadlineMs: 55_000 } });
    await site.run('deploy', 'sleeper', '--to', 'prod');
    const ready = async (): Promise<number> => (await site.readyReplicas('sleeper')).length;
    const callers = (await site.gateways()).map((place) => new Caller(place));
    try {
      let loaded = true;
      // Six at each gateway, of which four are for one replica: neither gateway alone needs a third one.
      const clients = callers.flatMap((caller) =>
        Array.from({ length: 6 }, async () => {
          while (loaded) assert.equal((await caller.one({ path: '/sleeper' })).status, 200);
        }),
      );
      const all = Promise.all(clients);
      const enough = site.until(async () => (await ready()) >= 3);
      await Promise.race([all, enough]).finally(() => (loaded = false));
      await all;
      await site.until(async () => (await site.pods('replica', ',slipway.dev/task=sleeper')).length === 0);
      const begun = performance.now();
      const answers = await Promise.all(callers.map((caller) => caller.many(20, 20, () => ({ path: '/sleeper' }))));
      const statuses = answers.flat().map(({ status }) => status);
      console.log(`    40 requests held, all answered after ${seconds(performance.now() - begun)}`);
      assert.deepEqual([...new Set(statuses)], [200]);
      const { events } = (await site.run('events', '--why', 'sleeper', '--to', 'prod')) as { events: unknown[] };
      assert.ok(events.length > 0);
    } finally {
      for (const caller of callers) caller.close();
      await site.run('delete', 'sleeper', '--yes', '--to', 'prod');
    }
  });
});

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
