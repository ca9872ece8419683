// slipway split: how the traffic of a task is divided among its versions.
import { z } from 'zod';
import { moveTraffic } from '../move-traffic.ts';
import { parseMirror, parseSticky, parseWeights } from '../split-words.ts';
import { SlipwayError } from '../../common/errors.ts';
import { defineVerb } from '../verb.ts';

export const split = defineVerb({
  name: 'split',
  summary: 'Divide the traffic among versions',
  arguments: [
    ['<task>', 'name of the task'],
    ['[weights...]', 'shares such as alpha=80 beta=20; a version that is not named gets nothing'],
  ],
  options: [
    ['--sticky <key>', 'requests with the same key go to the same version: header:x-user, cookie:NAME or query:KEY'],
    ['--mirror <share>', 'send a copy of this percentage to a version, and compare its answers: beta=10'],
    ['--clear', 'end the split: all traffic to its heaviest version'],
  ],
  input: z.strictObject({
    task: z.string(),
    weights: z.array(z.string()).default([]),
    sticky: z.string().optional(),
    mirror: z.string().optional(),
    clear: z.boolean().default(false),
  }),
  run(session, { task, weights, sticky, mirror, clear }) {
    const params = { task };
    if (clear) {
      if (weights.length > 0 || sticky !== undefined || mirror !== undefined)
        throw new SlipwayError('usage', '--clear ends the split; it goes with no weights, --sticky or --mirror.');
      return moveTraffic(session, task, (client, options) => client.call('clearSplit', { params }, options));
    }
    const body = {
      weights: parseWeights(weights),
      ...(sticky === undefined ? {} : { sticky: parseSticky(sticky) }),
      ...(mirror === undefined ? {} : { mirror: parseMirror(mirror) }),
    };
    return moveTraffic(session, task, (client, options) => client.call('split', { params, body }, options));
  },
});
