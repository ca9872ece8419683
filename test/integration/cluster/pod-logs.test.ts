// The logs of pods as streams that break, end and begin again, from an API server of the test's own.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { systemClock } from '../../../emulator/common/clock.ts';
import { silentLogger } from '../../../emulator/common/log.ts';
import type { EngineOutput, EngineReplica } from '../../../emulator/engine/engine.ts';
import { PodLogs } from '../../../emulator/engine/kubernetes/pod-logs.ts';
import { ReplicaId, VersionKey } from '../../../schemas/ids.ts';
import { withServer } from '../../support/kube-server.ts';
import { until } from '../../support/waiting.ts';

const id = ReplicaId.parse('talker-v1-00000000-abc');
const key = VersionKey.parse('talker-v1-00000000');
const at = (second: number): string => `2026-01-01T00:00:0${second}.000000000Z`;
const path = '/api/v1/namespaces/slipway/pods';

function replica(more: Partial<EngineReplica> = {}): EngineReplica {
  return { id, key, node: null, state: 'ready', since: 0, restarts: 0, ...more };
}

describe('the logs of pods', () => {
  it('are read on where a stream broke, and no line is told twice', async () => {
    const asked: (string | null)[] = [];
    const outputs: EngineOutput[] = [];
    const told = { replica: id, stream: 'stderr', text: 'two', requests: ['r1'] };
    await withServer(
      (request, response) => {
        asked.push(new URL(request.url ?? '', 'http://x').searchParams.get('sinceTime'));
        response.writeHead(200);
        if (asked.length === 1) {
          response.write(`${at(1)} one\n${at(2)} ${JSON.stringify(told)}\n`);
          setTimeout(() => response.destroy(), 50);
        } else response.write(`${at(2)} ${JSON.stringify(told)}\n${at(3)} {"replica":"other","text":"mine"}\n`);
      },
      async (api) => {
        const emit = (output: EngineOutput): number => outputs.push(output);
        const logs = new PodLogs({ api, path, clock: systemClock, log: silentLogger, emit });
        logs.follow([replica()]);
        await until(() => outputs.length === 3);
        await logs.close();
      },
    );
    assert.deepEqual(asked, [null, at(2)]);
    assert.deepEqual(
      outputs.map(({ stream, text, requests }) => [stream, text, requests]),
      [
        ['stdout', 'one', undefined],
        ['stderr', 'two', ['r1']],
        ['stdout', '{"replica":"other","text":"mine"}', undefined],
      ],
    );
  });

  it('are asked for again after a worker ended only when it starts again, and never before it ran', async () => {
    let asked = 0;
    await withServer(
      (_request, response) => {
        asked++;
        response.writeHead(200).end(`${at(asked)} start ${asked}\n`);
      },
      async (api) => {
        const outputs: EngineOutput[] = [];
        const emit = (output: EngineOutput): number => outputs.push(output);
        const logs = new PodLogs({ api, path, clock: systemClock, log: silentLogger, emit });
        logs.follow([replica({ state: 'starting' })]);
        logs.follow([replica()]);
        await until(() => outputs.length === 1);
        logs.follow([replica({ state: 'failed' })]);
        const before = asked;
        // Longer than the pause after a stream that brought something.
        await new Promise((resolve) => setTimeout(resolve, 600));
        assert.ok(asked <= before + 1, `${asked} after ${before}`);
        const then = outputs.length;
        logs.follow([replica({ restarts: 1, state: 'loading' })]);
        await until(() => outputs.length > then);
        await logs.close();
      },
    );
  });

  it('are left alone when the pod is gone', () =>
    withServer(
      (_request, response) => void response.writeHead(404).end('{}'),
      async (api) => {
        const logs = new PodLogs({ api, path, clock: systemClock, log: silentLogger, emit: () => undefined });
        logs.follow([replica()]);
        logs.follow([]);
        await logs.close();
      },
    ));
});
