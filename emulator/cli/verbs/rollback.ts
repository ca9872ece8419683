// slipway rollback: all traffic to the version before, and an end to a rollout under way.
import { z } from 'zod';
import { moveTraffic } from '../move-traffic.ts';
import { defineVerb } from '../verb.ts';

export const rollback = defineVerb({
  name: 'rollback',
  summary: 'Move all traffic back to the version before',
  arguments: [['<task>', 'name of the task']],
  input: z.strictObject({ task: z.string() }),
  run: (session, { task }) =>
    moveTraffic(session, task, (client, options) => client.call('rollback', { params: { task }, body: {} }, options)),
});
