// slipway stop: no replicas, but the task and its versions stay.
import { z } from 'zod';
import { exitCode } from '../failure.ts';
import { awaitQuiet } from '../move-traffic.ts';
import { defineVerb } from '../verb.ts';

export const stop = defineVerb({
  name: 'stop',
  summary: 'Stop all replicas of a task; `slipway start` brings them back',
  arguments: [['<task>', 'name of the task']],
  input: z.strictObject({ task: z.string() }),
  async run(session, { task }) {
    const { client } = await session.connect();
    await client.call('stop', { params: { task }, body: {} }, { signal: session.signal });
    const view = await awaitQuiet(session, client, task);
    session.print({ task, version: view?.activeVersion ?? null, url: view?.url, state: 'stopped' }, () => [
      `${task} is stopped. Start it with \`slipway start ${task}\`.`,
    ]);
    return exitCode.done;
  },
});
