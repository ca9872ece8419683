// What a cluster keeps of experiments, and who may inject faults there, from an API server of the test's own.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { faultRefusal } from '../../../emulator/cluster/fault-guard.ts';
import { FeedbackSender } from '../../../emulator/cluster/feedback-sender.ts';
import { TaskExperiments } from '../../../emulator/cluster/task-experiments.ts';
import { SlipwayError } from '../../../emulator/common/errors.ts';
import { silentLogger } from '../../../emulator/common/log.ts';
import type { ExperimentState } from '../../../schemas/experiment.ts';
import { TaskName, VersionKey } from '../../../schemas/ids.ts';
import { say, withServer } from '../../support/kube-server.ts';

const state: ExperimentState = {
  task: TaskName.parse('ab'),
  uid: '01234567',
  range: { min: 0, max: 1 },
  baseline: null,
  arms: {},
  pairings: {},
  duplicates: 3,
};

describe('the experiments of a cluster', () => {
  it('are kept with their tasks, and not written by a controller that may not lead any more', async () => {
    const sent: string[] = [];
    let leads = true;
    const items = [
      { metadata: { name: 'ab' }, experiment: state },
      { metadata: { name: 'odd' }, experiment: { task: 1 } },
      { metadata: { name: 'plain' } },
    ];
    await withServer(
      (request, response) => {
        let body = '';
        request.on('data', (chunk: Buffer) => (body += chunk.toString()));
        request.on('end', () => {
          sent.push(`${request.method} ${request.url} ${body}`);
          say(response, 200, request.method === 'GET' ? { items } : {});
        });
      },
      async (api) => {
        const experiments = new TaskExperiments({ api, log: silentLogger, mayWrite: () => leads });
        assert.deepEqual(await experiments.load(), [state]);
        await experiments.save({ ...state, duplicates: 4 });
        leads = false;
        await experiments.save({ ...state, duplicates: 5 });
        leads = true;
        await experiments.remove(state.uid);
      },
    );
    const path = '/apis/slipway.dev/v1/namespaces/slipway/tasks';
    assert.deepEqual(sent, [
      `GET ${path} `,
      `PATCH ${path}/ab ${JSON.stringify({ experiment: { ...state, duplicates: 4 } })}`,
      `PATCH ${path}/ab {"experiment":null}`,
    ]);
  });

  it('get feedback that came together at once, each with its own answer', async () => {
    const bodies: unknown[] = [];
    const sender = new FeedbackSender({
      json: ({ body }) => {
        bodies.push(JSON.parse(body as string));
        return Promise.resolve({ fresh: [true, false] });
      },
    });
    const key = VersionKey.parse('ab-v1-00000000');
    const taken = await Promise.all(['a', 'b'].map((request) => sender.take(key, { request, outcome: 1 })));
    assert.deepEqual(taken, [true, false]);
    assert.deepEqual(bodies, [
      {
        items: [
          { key, request: 'a', outcome: 1 },
          { key, request: 'b', outcome: 1 },
        ],
      },
    ]);
  });

  it('refuse feedback as not counted while no controller leads', async () => {
    const lost = new SlipwayError('platform_unreachable', 'No answer.');
    const sender = new FeedbackSender({ json: () => Promise.reject(lost) });
    const taken = sender.take(VersionKey.parse('ab-v1-00000000'), { request: 'a', outcome: 1 });
    await assert.rejects(taken, { code: 'platform_unreachable', message: /was not counted/ });
  });
});

describe('faults in a cluster', () => {
  it('are allowed by the label of the namespace alone', async () => {
    let labels: Record<string, string> = {};
    await withServer(
      (request, response) => say(response, 200, { metadata: { name: request.url?.split('/').at(-1), labels } }),
      async (api) => {
        assert.match((await faultRefusal(api)) ?? '', /namespace slipway is not labelled slipway\.dev\/faults=allowed/);
        labels = { 'slipway.dev/faults': 'no' };
        assert.notEqual(await faultRefusal(api), undefined);
        labels = { 'slipway.dev/faults': 'allowed' };
        assert.equal(await faultRefusal(api), undefined);
      },
    );
  });
});
