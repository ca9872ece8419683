// What a cluster does to its parts, under a steady load: nothing is lost and nothing answered twice. The times are
// printed beside those that Kubernetes itself needs. SLIPWAY_REPEAT=5 repeats each.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import type { ClusterSite } from '../support/cluster-site.ts';
import { useCluster } from '../support/cluster-suite.ts';
import * as acts from './fault-acts.ts';
import { steady, task } from './fault-acts.ts';
import { writeEcho } from '../support/echo-service.ts';
import { SteadyLoad, type LoadOutcome } from '../support/steady-load.ts';
import { repeats } from '../support/repeats.ts';
import { until } from '../support/waiting.ts';

const ratePerSecond = 25;

describe('a cluster under load', () => {
  const there = useCluster();
  before(async () => {
    const site = there();
    await writeEcho(site.folder, task, { replicas: 2, config: { delay: 0.005 } });
    await site.run('deploy', task, '--to', 'prod');
  });
  after(async () => {
    await there().run('delete', task, '--yes', '--to', 'prod');
    await there().spreadGateways();
  });

  const rows: readonly (readonly [string, (site: ClusterSite, run: number) => Promise<string>])[] = [
    ['the leading controller is deleted', acts.killLeader],
    ['the leading controller crashes', acts.crashLeader],
    ['a gateway is killed', acts.killGateway],
    [`the API server stops for ${acts.apiAwaySeconds} s`, acts.stopApiServer],
    ['the model is rolled', acts.roll],
    ['it is scaled 1 -> 4 -> 1', acts.scale],
    ['F40 a node is drained', acts.drain],
    ['F40 the leading controller is killed while it scales', acts.killLeaderScaling],
    ['F39 the controller is killed in the middle of a rollout', acts.killLeaderRolling],
    ['F40 a version that crashes is deployed', acts.crashLoop],
    ['a node is killed', acts.killNode],
  ];
  for (const [title, act] of rows) {
    for (let run = 1; run <= repeats; run++) {
      it(`loses nothing when ${title}${repeats === 1 ? '' : ` (${run} of ${repeats})`}`, async () => {
        const site = there();
        await steady(site);
        const load = new SteadyLoad(site.inference, `/${task}`, ratePerSecond);
        await until(() => load.right > ratePerSecond / 2, 30_000);
        let told = '';
        let outcome: LoadOutcome;
        try {
          told = await act(site, run);
          const before = load.right;
          await until(() => load.right > before + ratePerSecond, 60_000);
        } finally {
          outcome = await load.end();
        }
        const { sent, lost, wrong, duplicated, repeated, causes, longestGapMs } = outcome;
        const why = [...causes].map(([cause, count]) => `${count} × ${cause}`).join(', ');
        console.log(
          `    ${sent} sent, ${lost} lost, ${duplicated} duplicated, ${repeated} sent again${why && ` (${why})`}, longest gap ${longestGapMs} ms; ${told}`,
        );
        assert.deepEqual(
          { lost, wrong, duplicated },
          { lost: 0, wrong: 0, duplicated: 0 },
          outcome.problems.join('\n'),
        );
      });
    }
  }
});
