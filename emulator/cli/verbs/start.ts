// slipway start: the replicas of a stopped task again.
import { z } from 'zod';
import { moveTraffic } from '../move-traffic.ts';
import { defineVerb } from '../verb.ts';

export const start = defineVerb({
  name: 'start',
  summary: 'Start a stopped task',
  arguments: [['<task>', 'name of the task']],
  input: z.strictObject({ task: z.string() }),
  run: (session, { task }) =>
    moveTraffic(session, task, (client, options) => client.call('start', { params: { task }, body: {} }, options)),
});
