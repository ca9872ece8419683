// The scenarios that are shipped, on containers: the same files and the same judgement as on processes.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { after, before, describe, it } from 'mocha';
import { z } from 'zod';
import { packageRoot } from '../../emulator/common/assets.ts';
import { jsonLines } from '../../emulator/docker/json-lines.ts';
import { homeLabel } from '../../emulator/engine/local/docker/container-marks.ts';
import { slipway, type Outcome } from '../support/command-line.ts';
import { testBase } from '../support/docker-bench.ts';
import { useDockerEngine } from '../support/docker-suite.ts';
import { engineLeftovers } from '../support/engine-leftovers.ts';
import { inTemporaryFolder } from '../support/temporary-folder.ts';

const folder = join(packageRoot, 'test', 'fixtures', 'rehearsals');
const scenarios = readdirSync(folder).filter((name) => name.endsWith('.json'));
/** Each has a platform of its own, and most of their time they wait: three go side by side. */
const lanes = 3;

const EngineEvent = z.object({
  Action: z.string(),
  Actor: z.object({ Attributes: z.record(z.string(), z.string()) }),
});

describe('the scenarios that are shipped, on containers', function () {
  this.timeout(300_000);
  const engine = useDockerEngine();
  const outcomes = new Map<string, Promise<Outcome>>();
  /** What the Engine did with containers of ours, such as `kill 9` and `pause`. */
  const done: string[] = [];
  const previous = process.env['DOCKER_HOST'];
  let before_: readonly string[] = [];
  let events: Readable | undefined;

  before(async () => {
    process.env['DOCKER_HOST'] = `unix://${engine().socket}`;
    before_ = await engineLeftovers(engine().docker);
    events = (await engine().docker.getEvents({
      filters: { type: ['container'], label: [homeLabel] },
    })) as unknown as Readable;
    void follow(events, done);
    const tails: Promise<unknown>[] = Array.from({ length: lanes }, () => Promise.resolve());
    for (const [index, file] of scenarios.entries()) {
      const lane = index % lanes;
      const outcome = tails[lane]!.then(() => rehearse(file, index + 31));
      tails[lane] = outcome.catch(() => undefined);
      outcomes.set(file, outcome);
    }
  });
  after(async () => {
    await Promise.allSettled(outcomes.values());
    events?.destroy();
    if (previous === undefined) delete process.env['DOCKER_HOST'];
    else process.env['DOCKER_HOST'] = previous;
  });

  for (const file of scenarios) {
    it(`hold: ${file}`, async () => {
      const { code, stdout, stderr } = await outcomes.get(file)!;
      assert.equal(code, 0, stdout + stderr);
    });
  }

  it('have done to containers what their faults say: killed them, paused them, and let them go on', () => {
    const times = (what: string): number => done.filter((each) => each === what).length;
    assert.ok(times('kill 9') >= 3, done.join());
    assert.ok(times('pause') >= 1 && times('unpause') >= 1, done.join());
  });

  it('leave no container, name of an image or network', async () => {
    assert.deepEqual(await engineLeftovers(engine().docker), before_);
  });
});

function rehearse(file: string, seed: number): Promise<Outcome> {
  const words = ['rehearse', join(folder, file), '--apart', '--engine', 'docker', '--base-image', testBase];
  return inTemporaryFolder((home) => slipway([...words, '--seed', String(seed), '--json'], { home }));
}

async function follow(events: Readable, into: string[]): Promise<void> {
  try {
    for await (const value of jsonLines(events as AsyncIterable<Buffer>)) {
      const event = EngineEvent.safeParse(value).data;
      if (event === undefined) continue;
      const { signal } = event.Actor.Attributes;
      into.push(signal === undefined ? event.Action : `${event.Action} ${signal}`);
    }
  } catch {
    // The test is over.
  }
}
