// slipway scale: the number of replicas of a version.
import { z } from 'zod';
import { moveTraffic } from '../move-traffic.ts';
import { WholeNumber, defineVerb } from '../verb.ts';

export const scale = defineVerb({
  name: 'scale',
  summary: 'Set the number of replicas',
  arguments: [
    ['<task>', 'name of the task'],
    ['<replicas>', 'how many'],
  ],
  options: [['--on <version>', 'the version (default: the active one)']],
  input: z.strictObject({
    task: z.string(),
    replicas: WholeNumber.refine((count) => count <= 1000, 'at most 1000 replicas'),
    on: z.string().optional(),
  }),
  run: (session, { task, replicas, on }) =>
    moveTraffic(session, task, (client, options) =>
      client.call('scale', { params: { task }, body: { replicas, ...(on && { version: on }) } }, options),
    ),
});
