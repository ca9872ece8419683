import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { seededRandom } from '../../../emulator/common/random.ts';
import { ExperimentEnd, ExperimentView } from '../../../schemas/experiment.ts';
import { CommandPlatform } from '../../support/command-platform.ts';

const task = 'offer';
const source = `
class Offer:
    def load_model(self):
        pass

    def execute(self, data, batch_size):
        return ['yes'] * batch_size
`;

async function send(url: string, body: unknown): Promise<{ status: number; text: string; headers: Headers }> {
  const answer = await fetch(url, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
  return { status: answer.status, text: await answer.text(), headers: answer.headers };
}

describe('an experiment on the real platform', () => {
  it('goes from a split over feedback to a winner that has all the traffic', () =>
    CommandPlatform.with({}, async (platform) => {
      await platform.deploy(task, source);
      await platform.must('update', task, `${platform.folder}/${task}`, '--no-traffic', '--name', 'beta');
      await platform.must('split', task, 'v1=50', 'beta=50');
      const url = `${platform.inference}/${task}`;
      const random = seededRandom(9);
      const outcomes: { request: string; version: string; outcome: number }[] = [];
      for (let count = 0; count < 200; count++) {
        const { status, headers } = await send(url, '1');
        assert.equal(status, 200);
        const version = headers.get('x-slipway-version')!;
        const good = random() < (version === 'v2' ? 0.9 : 0.2);
        outcomes.push({ request: headers.get('x-slipway-request')!, version, outcome: good ? 1 : 0 });
      }
      assert.deepEqual(JSON.parse((await send(`${url}/feedback`, outcomes[0])).text), { accepted: 1, duplicates: 0 });
      assert.deepEqual(JSON.parse((await send(`${url}/feedback`, outcomes)).text), { accepted: 199, duplicates: 1 });

      const view = ExperimentView.parse(JSON.parse(await platform.must('ab', 'status', task, '--json')));
      assert.equal(
        view.versions.reduce((sum, { outcomes: some }) => sum + some, 0),
        200,
      );
      assert.equal(view.winner, 'v2');
      assert.match(await platform.must('ab', 'status', task), /v2 is better than v1\./);

      const end = ExperimentEnd.parse(JSON.parse(await platform.must('ab', 'stop', task, '--json')));
      assert.deepEqual([end.winner, end.moved], ['v2', true]);
      for (let tries = 0; (await send(url, '1')).headers.get('x-slipway-version') !== 'v2'; tries++)
        assert.ok(tries < 500);
      const over = ExperimentView.parse(JSON.parse(await platform.must('ab', 'status', task, '--json')));
      assert.equal(
        over.versions.every(({ outcomes: some }) => some === 0),
        true,
      );
    }));

  it('says what is wrong with a feedback, and does not end before it knows', () =>
    CommandPlatform.with({}, async (platform) => {
      await platform.deploy(task, source);
      const url = `${platform.inference}/${task}/feedback`;
      const good = { request: 'r1', version: 'v1', outcome: 1 };
      const cases: readonly (readonly [unknown, number, RegExp])[] = [
        ['{"request"', 400, /not JSON/],
        [{ ...good, outcome: 'yes' }, 400, /outcome/],
        [{ ...good, version: undefined }, 400, /x-slipway-version/],
        [{ ...good, version: 'v9' }, 404, /no version/],
        [{ ...good, outcome: 7 }, 422, /not between 0 and 1/],
        ['[]', 400, /does not fit/],
        ['x'.repeat(300_000), 413, /at most/],
      ];
      for (const [body, status, message] of cases) {
        const answer = await send(url, body);
        assert.equal(answer.status, status, answer.text);
        assert.match(answer.text, message);
      }
      assert.equal((await fetch(url)).status, 405);
      const undecided = await platform.slipway('ab', 'stop', task);
      assert.equal(undecided.code, 1);
      assert.match(undecided.stderr, /no winner yet/);
      assert.match(await platform.must('ab', 'stop', task, '--keep'), /stays as it is/);
    }));

  it('plans without a platform', () =>
    CommandPlatform.with({}, async (platform) => {
      const text = await platform.must('ab', 'plan', '--base', '0.10', '--lift', '0.02', '--qps', '5');
      assert.match(text, /^\d+ outcomes: \d+ of the version now, \d+ of the other\./);
      assert.match(text, /At 5 feedbacks a second that is/);
      assert.equal((await platform.slipway('ab', 'plan', '--lift', '0.02')).code, 2);
    }));
});
