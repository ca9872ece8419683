// slipway activate: all traffic to one version.
import { z } from 'zod';
import { moveTraffic } from '../move-traffic.ts';
import { defineVerb } from '../verb.ts';

export const activate = defineVerb({
  name: 'activate',
  summary: 'Move all traffic to a version',
  arguments: [
    ['<task>', 'name of the task'],
    ['<version>', 'a version such as v2, or its name'],
  ],
  input: z.strictObject({ task: z.string(), version: z.string() }),
  run: (session, { task, version }) =>
    moveTraffic(session, task, (client, options) =>
      client.call('activate', { params: { task }, body: { version } }, options),
    ),
});
