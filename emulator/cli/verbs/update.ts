// slipway update: a new version of a task that is there, by a rolling update.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { readManifest } from '../../bundle/manifest.ts';
import { RolloutWay } from '../../../schemas/tasks.ts';
import { deployFolder, deployOptions } from '../deploying.ts';
import { WholeNumber, defineVerb } from '../verb.ts';

export const update = defineVerb({
  name: 'update',
  summary: 'Replace the version of a task by a new one, without losing a request',
  arguments: [
    ['<task>', 'name of the task, or its folder'],
    ['[folder]', 'folder with slipway.json (default: this one)'],
  ],
  options: deployOptions,
  input: z.strictObject({
    task: z.string(),
    folder: z.string().optional(),
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
    const place = await placeOf(session.terminal.cwd, input);
    return deployFolder(session, await session.connectOrStart(), { ...input, ...place }, 'refuse');
  },
});

/** `update digits` beside the folder `digits` means that one, as `deploy digits` does. */
async function placeOf(
  cwd: string,
  { task, folder }: { readonly task: string; readonly folder?: string | undefined },
): Promise<{ readonly task: string; readonly folder: string }> {
  if (folder !== undefined) return { task, folder };
  const has = (at: string): boolean => existsSync(join(at, 'slipway.json'));
  const beside = resolve(cwd, task);
  if (has(cwd) || !has(beside)) return { task, folder: '.' };
  return { task: (await readManifest(beside)).name, folder: task };
}
