// The pages of docs/how-to on what a platform does: each of their commands succeeds, in the order in which they are read.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { z } from 'zod';
import { follow, instructionsOf, readPage, type Followed, type FollowOptions } from '../../support/how-to.ts';
import { SlipwayCommand } from '../../support/slipway-command.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const Batches = z.object({ batches: z.array(z.object({ id: z.string() })).min(1) });
const Up = z.object({ inference: z.string() });

describe('how-to pages', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let slipway: SlipwayCommand;
  let inference = '';

  before(async () => {
    folder = await temporaryFolder();
    slipway = new SlipwayCommand(folder.path);
    inference = Up.parse(
      await slipway.json('up', '--nodes', '2', '--port', '0', '--control-port', '0', '--fast'),
    ).inference;
    await slipway.json('new', 'digits', '--template', 'python');
    await slipway.json('deploy', 'digits');
  });
  after(async () => {
    await slipway.close();
    await folder.remove();
  });

  /** Follows a page in the folder that has the service `digits`. */
  function read(name: string, more: Partial<FollowOptions> = {}): Promise<Followed[]> {
    const env = { ...process.env, SLIPWAY_HOME: slipway.home };
    const instructions = instructionsOf(readPage(name));
    assert.ok(instructions.filter(({ kind }) => kind === 'command').length >= 3, `${name} has commands`);
    return follow(instructions, { cwd: folder.path, env, ...more });
  }

  const printed = (followed: readonly Followed[], beginning: string): string =>
    followed.find(({ line }) => line.startsWith(beginning))?.stdout ?? '';

  async function ask(path: string, body: unknown): Promise<Response> {
    const headers = { 'content-type': 'application/json' };
    return fetch(new URL(path, inference), { method: 'POST', headers, body: JSON.stringify(body) });
  }

  it('own-server.md', async () => {
    const followed = await read('own-server');
    assert.equal(printed(followed, 'slipway call chat'), 'you said "hello"');
    assert.match(printed(followed, 'slipway status chat'), /2\/2/);
  });

  it('scale.md', async () => {
    const answered: number[] = [];
    let loading: Promise<unknown> | undefined;
    const followed = await read('scale', {
      before: {
        // A load to record.
        'slipway scale record': () => {
          loading = slipway.json('load', 'digits', '--rate', '100', '--duration', '5').then(({ answered: some }) => {
            answered.push(Number(some));
          });
          return Promise.resolve();
        },
      },
    });
    await loading;
    assert.ok(answered[0]! > 0);
    assert.match(printed(followed, 'slipway scale record'), /digits\.trace\.json: \d+ requests in [23] samples/);
    assert.match(printed(followed, 'slipway scale simulate'), /4 -> 5: .*target 20/);
  });

  it('experiment.md', async () => {
    const followed = await read('experiment', {
      before: {
        // What the page tells with POST: each answer of beta was good, none of v1 was.
        'slipway ab status': async () => {
          for (let round = 0; round < 160; round++) {
            const version = round % 2 === 0 ? 'v1' : 'beta';
            const answer = await fetch(new URL(`/digits@${version}`, inference), { method: 'POST', body: '0' });
            await answer.arrayBuffer();
            const request = answer.headers.get('x-slipway-request');
            const told = await ask('/digits/feedback', {
              request,
              version: answer.headers.get('x-slipway-version'),
              outcome: version === 'beta' ? 1 : 0,
            });
            assert.ok(told.ok, `${told.status} ${await told.text()}`);
          }
        },
      },
    });
    assert.match(printed(followed, 'slipway ab plan'), /outcomes: \d+ of the version now/);
    assert.match(printed(followed, 'slipway ab stop'), /All traffic goes to v2 now/);
  });

  it('split.md', async () => {
    await slipway.json('delete', 'digits', '--yes');
    const followed = await read('split');
    assert.match(printed(followed, 'slipway status digits'), /80.*\n.*20|alpha.*80/s);
  });

  it('rehearse.md', async () => {
    const place = join(folder.path, 'rehearsing');
    mkdirSync(place);
    const followed = await read('rehearse', {
      cwd: place,
      before: {
        'slipway rehearse scenario.json --task echo': async () => {
          await slipway.json('deploy', join(place, 'echo'), '--replicas', '2');
        },
      },
      given: {
        BATCH: async () => Batches.parse(await slipway.json('batches', 'digits')).batches[0]!.id,
      },
    });
    assert.equal(followed.filter(({ line }) => line.startsWith('slipway rehearse')).length, 4);
    assert.match(printed(followed, 'slipway fault list'), /kill/);
  });

  it('gpu.md', async () => {
    const place = join(folder.path, 'gpus');
    mkdirSync(place);
    const followed = await read('gpu', { cwd: place, env: { ...process.env, SLIPWAY_HOME: join(place, 'home') } });
    assert.match(printed(followed, 'slipway doctor'), / GPU /);
    assert.match(printed(followed, 'slipway status half'), /3\/3/);
  });
});
