// Updates where the nodes are full, on a real platform: told before they begin, and done in the way that was chosen.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Reason } from '../../../schemas/errors.ts';
import { slipway, type Outcome } from '../../support/command-line.ts';
import { LivePlatform } from '../../support/live-platform.ts';
import { until } from '../../support/waiting.ts';

const saying = (word: string): string => `
class Words:
    def load_model(self):
        pass

    def execute(self, data, batch_size):
        return ["${word}"] * batch_size
`;

const onGpu = { resources: { cpu: 0.1, memory: '256Mi', gpu: 1 }, timeouts: { drainMs: 5_000 } };

/** Asks again and again until told to stop. @returns what was answered, and how often it was not */
function asking(platform: LivePlatform, path: string): { stop(): Promise<{ words: Set<string>; failed: string[] }> } {
  const words = new Set<string>();
  const failed: string[] = [];
  let going = true;
  const run = async (): Promise<void> => {
    while (going) {
      const { status, body } = await platform.post(path, 'x');
      if (status === 200) words.add(body);
      else failed.push(`${status} ${body}`);
    }
  };
  const all = Promise.all([run(), run(), run()]);
  return {
    async stop() {
      going = false;
      await all;
      return { words, failed };
    },
  };
}

async function refused(platform: LivePlatform, ...words: string[]): Promise<Reason> {
  const outcome = await platform.slipway(...words, '--json');
  assert.equal(outcome.code, 1, outcome.stdout + outcome.stderr);
  return (outcome.json() as { error: Reason }).error;
}

describe('an update where all GPUs are taken', () => {
  it('is refused with the ways there are, and goes on in place or one at a time without losing a request', () =>
    LivePlatform.with({ nodes: '2:gpu=1' }, async (platform) => {
      await platform.deploy('words', saying('one'), { ...onGpu, replicas: 2 });
      const two = await platform.service('words', saying('two'), { ...onGpu, replicas: 2 });
      const error = await refused(platform, 'update', 'words', two);
      assert.equal(error.code, 'rollout_no_room');
      assert.match(error.message, /needs 1 GPU, node-1 has 0 of 1 GPU free, node-2 has 0 of 1 GPU free/);
      assert.deepEqual(
        error.choices?.map(({ setting, value }) => `${setting}=${value}`),
        ['rollout=one-at-a-time', 'rollout=in-place', 'rollout=wait'],
      );
      const text = await platform.slipway('update', 'words', two);
      assert.equal(text.code, 1);
      assert.match(text.stderr, /--rollout in-place: the old replicas end first/);
      assert.equal((await platform.task('words')).versions.length, 1, 'nothing was begun');

      const load = asking(platform, 'words');
      await platform.json('update', 'words', two, '--rollout', 'one-at-a-time');
      assert.equal((await platform.settled('words', 2)).activeVersion, 'v2');
      const three = await platform.service('words', saying('three'), { ...onGpu, replicas: 2 });
      await platform.json('update', 'words', three, '--rollout', 'in-place');
      await platform.settled('words', 2);
      const answers = await load.stop();
      assert.deepEqual(answers.failed, []);
      assert.deepEqual(answers.words, new Set(['one', 'two', 'three']));

      const back = await refused(platform, 'rollback', 'words');
      assert.equal(back.code, 'rollout_no_room');
      await platform.json('rollback', 'words', '--rollout', 'in-place');
      assert.equal((await platform.post('words', 'x')).body, 'two');
    }));

  it('asks a person at a terminal which way, and leaves everything as it is when none is chosen', () =>
    LivePlatform.with({ nodes: '1:gpu=1' }, async (platform) => {
      await platform.deploy('words', saying('one'), onGpu);
      const two = await platform.service('words', saying('two'), onGpu);
      const update = (stdin: string): Promise<Outcome> =>
        slipway(['update', 'words', two], { home: platform.home.root, stdin, attended: true });
      const left = await update('\n');
      assert.equal(left.code, 1);
      assert.match(
        left.stderr,
        /\n {2}1 {2}in-place .*\n {2}2 {2}wait .*\nChoose 1 to 2, or nothing to leave it: (?!\r)/,
      );
      assert.equal((await platform.task('words')).versions.length, 1);
      const chosen = await update('1\n');
      assert.equal(chosen.code, 0, chosen.stderr);
      assert.equal((await platform.post('words', 'x')).body, 'two');
    }));

  it('in place comes back by itself when the new version does not load', () =>
    LivePlatform.with({ nodes: '1:gpu=1' }, async (platform) => {
      await platform.deploy('words', saying('one'), onGpu);
      const broken = await platform.service('words', saying('two').replace('pass', 'raise OSError("no model")'), onGpu);
      const error = await refused(platform, 'update', 'words', broken, '--rollout', 'in-place');
      assert.match(error.message, /no model/);
      const view = await platform.settled('words', 1);
      assert.equal(view.replicas[0]!.version, 'v1');
      assert.equal((await platform.post('words', 'x')).body, 'one');
    }));

  it('waits when that was asked for, says why in its events, and goes on when there is room', () =>
    LivePlatform.with({ nodes: '1:gpu=1;1:gpu=0' }, async (platform) => {
      await platform.deploy('words', saying('one'), onGpu);
      const two = await platform.service('words', saying('two'), onGpu);
      await platform.json('update', 'words', two, '--rollout', 'wait', '--no-wait');
      const waits = async (): Promise<boolean> =>
        /rollout: 0 of 1 replicas of v2 .*it waits for room: needs 1 GPU, node-1 has 0 of 1 GPU free/.test(
          (await platform.slipway('events')).stdout,
        );
      await until(waits, 30_000);
      assert.equal((await platform.post('words', 'x')).body, 'one');
      await platform.json('scale', 'words', '0', '--on', 'v1');
      await until(async () => (await platform.task('words')).activeVersion === 'v2', 60_000);
      await platform.settled('words', 1);
    }));
});

describe('replicas that share a GPU', () => {
  it('are on one as long as their parts fit, and a whole one is not theirs', () =>
    LivePlatform.with({ nodes: '1:gpu=2' }, async (platform) => {
      const half = { resources: { cpu: 0.1, memory: '256Mi', gpu: 0.5, gpuShared: true } };
      await platform.deploy('shared', saying('half'), { ...half, replicas: 3 });
      const gpus = (await platform.settled('shared', 3)).replicas.map((replica) => replica.gpus);
      assert.deepEqual(gpus.flat().sort(), [0, 0, 1]);
      const { nodes } = await platform.client.call('listNodes', {});
      assert.deepEqual(nodes[0]!.gpus, [1, 0.5]);
      const whole = await platform.service('whole', saying('whole'), onGpu);
      await platform.json('deploy', whole, '--no-wait');
      const reason = async (): Promise<string | undefined> =>
        (await platform.task('whole')).replicas[0]?.reason?.message;
      await until(async () => (await reason()) !== undefined, 30_000);
      assert.equal(await reason(), 'needs 1 GPU, node-1 has 0 of 2 GPU free');
      await platform.json('scale', 'shared', '2');
      await platform.settled('whole', 1);
    }));

  it('must say so in slipway.json', () =>
    LivePlatform.with({ nodes: '1:gpu=1' }, async (platform) => {
      const folder = await platform.service('shared', saying('half'), { resources: { memory: '256Mi', gpu: 0.5 } });
      const error = await refused(platform, 'deploy', folder);
      assert.equal(error.code, 'manifest_invalid');
      assert.match(error.message, /GPUs are not shared: use a whole number, or declare "gpuShared": true/);
    }));
});
