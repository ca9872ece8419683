// slipway update: a new version of a task that is there, by a rolling update.
import { z } from 'zod';
import { deployFolder, deployOptions } from '../deploying.ts';
import { WholeNumber, defineVerb } from '../verb.ts';

export const update = defineVerb({
  name: 'update',
  summary: 'Replace the version of a task by a new one, without losing a request',
  arguments: [
    ['<task>', 'name of the task'],
    ['[folder]', 'folder with slipway.json (default: this one)'],
  ],
  options: deployOptions,
  input: z.strictObject({
    task: z.string(),
    folder: z.string().default('.'),
    name: z.string().optional(),
    replicas: WholeNumber.optional(),
    canary: WholeNumber.optional(),
    traffic: z.boolean().default(true),
    force: z.boolean().default(false),
    ignoreDrift: z.boolean().default(false),
    wait: z.boolean().default(true),
  }),
  async run(session, input) {
    return deployFolder(session, await session.connectOrStart(), input, 'refuse');
  },
});
