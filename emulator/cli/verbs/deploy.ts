// slipway deploy: a task from a service folder, or a new version of it.
import { z } from 'zod';
import { RolloutWay } from '../../../schemas/tasks.ts';
import { deployFolder, deployOptions } from '../deploying.ts';
import { WholeNumber, defineVerb } from '../verb.ts';

export const deploy = defineVerb({
  name: 'deploy',
  summary: 'Deploy a service folder; makes the task, or a new version of it',
  arguments: [['[folder]', 'folder with slipway.json (default: this one)']],
  options: [['--task <task>', 'name of the task (default: the name in slipway.json)'], ...deployOptions],
  input: z.strictObject({
    folder: z.string().default('.'),
    task: z.string().optional(),
    name: z.string().optional(),
    replicas: WholeNumber.optional(),
    canary: WholeNumber.optional(),
    rollout: RolloutWay.optional(),
    traffic: z.boolean().default(true),
    profile: z.string().optional(),
    force: z.boolean().default(false),
    ignoreDrift: z.boolean().default(false),
    wait: z.boolean().default(true),
    cancelOnInterrupt: z.boolean().default(false),
  }),
  async run(session, input) {
    return deployFolder(session, await session.connectOrStart(), input, 'create');
  },
});
