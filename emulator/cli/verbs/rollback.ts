// slipway rollback: all traffic to the version before, and an end to a rollout under way.
import { z } from 'zod';
import { RolloutWay } from '../../../schemas/tasks.ts';
import { rolloutOption } from '../deploying.ts';
import { moveTraffic } from '../move-traffic.ts';
import { defineVerb } from '../verb.ts';

export const rollback = defineVerb({
  name: 'rollback',
  summary: 'Move all traffic back to the version before',
  arguments: [['<task>', 'name of the task']],
  options: [rolloutOption],
  input: z.strictObject({ task: z.string(), rollout: RolloutWay.optional() }),
  run: (session, { task, rollout }) =>
    moveTraffic(session, task, (client, options, chosen) => {
      const body = { ...(rollout === undefined ? {} : { rollout }), ...chosen };
      return client.call('rollback', { params: { task }, body }, options);
    }),
});
