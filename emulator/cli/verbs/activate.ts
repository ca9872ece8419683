// slipway activate: all traffic to one version.
import { z } from 'zod';
import { RolloutWay } from '../../../schemas/tasks.ts';
import { rolloutOption } from '../deploying.ts';
import { moveTraffic } from '../move-traffic.ts';
import { defineVerb } from '../verb.ts';

export const activate = defineVerb({
  name: 'activate',
  summary: 'Move all traffic to a version',
  arguments: [
    ['<task>', 'name of the task'],
    ['<version>', 'a version such as v2, or its name'],
  ],
  options: [rolloutOption],
  input: z.strictObject({ task: z.string(), version: z.string(), rollout: RolloutWay.optional() }),
  run: (session, { task, version, rollout }) =>
    moveTraffic(session, task, (client, options, chosen) => {
      const body = { version, ...(rollout === undefined ? {} : { rollout }), ...chosen };
      return client.call('activate', { params: { task }, body }, options);
    }),
});
