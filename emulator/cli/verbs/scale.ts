// slipway scale: the number of replicas of a version, by hand or by the load.
import { z } from 'zod';
import { SlipwayError } from '../../common/errors.ts';
import { moveTraffic } from '../move-traffic.ts';
import { parseScalingSettings } from '../scaling-settings.ts';
import { WholeNumber, defineVerb } from '../verb.ts';

export const scale = defineVerb({
  name: 'scale',
  summary: 'Set the number of replicas, or let the load decide it',
  arguments: [
    ['<task>', 'name of the task'],
    ['[replicas]', 'how many; the number then stays'],
  ],
  options: [
    ['--on <version>', 'the version (default: the active one)'],
    ['--auto', 'let the load decide, by the settings of slipway.json'],
    ['--set <settings...>', 'with --auto, settings over those: min=1 max=8 targetConcurrency=4 targetQps=50 …'],
  ],
  input: z.strictObject({
    task: z.string(),
    replicas: WholeNumber.refine((count) => count <= 1000, 'at most 1000 replicas').optional(),
    on: z.string().optional(),
    auto: z.boolean().default(false),
    set: z.array(z.string()).default([]),
  }),
  run: (session, { task, replicas, on, auto, set }) => {
    if (auto === (replicas !== undefined) || (!auto && set.length > 0) || (auto && on !== undefined)) {
      throw new SlipwayError('usage', 'Give a number of replicas, or --auto.', {
        hint: 'Write `slipway scale <task> 3`, or `slipway scale <task> --auto --set max=8`.',
      });
    }
    const body = auto
      ? { auto: parseScalingSettings(set) }
      : { replicas: replicas!, ...(on === undefined ? {} : { version: on }) };
    return moveTraffic(session, task, (client, options) => client.call('scale', { params: { task }, body }, options));
  },
});
