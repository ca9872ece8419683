// slipway import: a slipway.json for a service of the 2017 platform, from its configuration.
import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { importConfiguration } from '../../bundle/import-2017.ts';
import { manifestName, readManifest } from '../../bundle/manifest.ts';
import { resolveRequirements } from '../../bundle/requirements.ts';
import { Framework } from '../../../schemas/manifest.ts';
import { templatesFolder } from '../../common/assets.ts';
import { SlipwayError } from '../../common/errors.ts';
import { exitCode } from '../failure.ts';
import { defineVerb } from '../verb.ts';
import { suggestName } from './new.ts';

export const importService = defineVerb({
  name: 'import',
  summary: 'Make a slipway.json from the configuration of a service of the 2017 platform',
  arguments: [['<configuration>', 'JSON file with "http_server", in the folder of the service']],
  options: [
    ['--name <task>', 'name of the task (default: the name of the folder)'],
    ['--force', `replace the ${manifestName} that is there`],
  ],
  input: z.strictObject({
    configuration: z.string().min(1),
    name: z.string().optional(),
    force: z.boolean().default(false),
  }),
  async run(session, { configuration, name, force }) {
    const file = resolve(session.terminal.cwd, configuration);
    const folder = dirname(file);
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      throw new SlipwayError('path_missing', `${configuration} cannot be read.`, {
        hint: 'Check the path.',
        cause: error,
      });
    });
    const lists = await requirementsOfTemplates();
    const task = name ?? suggestName(basename(folder));
    const manifest = importConfiguration(text, configuration, task, (framework) => lists.get(framework) ?? []);
    const target = join(folder, manifestName);
    try {
      await writeFile(target, `${JSON.stringify(manifest, null, 2)}\n`, { flag: force ? 'w' : 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      throw new SlipwayError('usage', `${target} is there already.`, {
        hint: 'Replace it with --force.',
        cause: error,
      });
    }
    // What was made is read as any other, so that a value that does not fit is told now.
    await readManifest(folder);
    session.print({ folder, manifest: target, task }, () => [
      `Made ${manifestName} for ${task}.`,
      'Next:',
      `  slipway check ${folder}`,
      `  slipway deploy ${folder}`,
    ]);
    return exitCode.done;
  },
});

/** What each framework needs today is what its template asks for. */
async function requirementsOfTemplates(): Promise<ReadonlyMap<Framework, readonly string[]>> {
  const lists = await Promise.all(
    Framework.options.map(async (framework) => {
      const folder = join(templatesFolder, framework);
      return [framework, await resolveRequirements(folder, await readManifest(folder))] as const;
    }),
  );
  return new Map(lists);
}
