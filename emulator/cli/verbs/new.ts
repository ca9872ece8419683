// slipway new: a service folder from a template.
import { cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { TaskName } from '../../../schemas/ids.ts';
import { Framework } from '../../../schemas/manifest.ts';
import { templatesFolder } from '../../common/assets.ts';
import { SlipwayError } from '../../common/errors.ts';
import { exitCode } from '../failure.ts';
import { defineVerb } from '../verb.ts';

/** What running a template leaves behind in its folder. */
const leftovers = /^(__pycache__|\.venv|\.DS_Store)$/;

export const newService = defineVerb({
  name: 'new',
  summary: 'Make a service folder from a template',
  arguments: [['<folder>', 'folder to make; must be empty if it exists']],
  options: [
    ['--template <name>', `${Framework.options.join(', ')} (default: python)`],
    ['--name <task>', 'name of the task (default: the name of the folder)'],
  ],
  input: z.strictObject({
    folder: z.string().min(1),
    template: z.string().default('python'),
    name: z.string().optional(),
  }),
  async run(session, { folder, template, name }) {
    const target = resolve(session.terminal.cwd, folder);
    const source = await findTemplate(template);
    const task = chooseName(name, target);
    await refuseUsedFolder(target);
    try {
      await mkdir(target, { recursive: true });
      await cp(source, target, { recursive: true, filter: (path) => !leftovers.test(basename(path)) });
      await setName(join(target, 'slipway.json'), task);
    } catch (error) {
      throw new SlipwayError('path_missing', `${folder} cannot be written: ${(error as Error).message}.`, {
        hint: 'Choose a folder that you may write.',
        cause: error,
      });
    }
    session.print({ folder: target, template, task }, () => [
      `Made ${task} in ${folder} from the template ${template}.`,
      'Next:',
      `  slipway dev ${folder}       run it here and reload on save`,
      `  slipway deploy ${folder}    run it on the local platform`,
      `  slipway call ${task} --sample`,
    ]);
    return exitCode.done;
  },
});

async function findTemplate(template: string): Promise<string> {
  const entries = await readdir(templatesFolder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  if (names.includes(template)) return join(templatesFolder, template);
  throw new SlipwayError('usage', `There is no template ${template}.`, {
    hint: `Choose ${names.sort().join(' or ')}.`,
  });
}

function chooseName(name: string | undefined, target: string): TaskName {
  const wanted = name ?? suggestName(basename(target));
  const parsed = TaskName.safeParse(wanted);
  if (parsed.success) return parsed.data;
  throw new SlipwayError('usage', `"${wanted}" is no task name: ${parsed.error.issues[0]!.message}.`, {
    hint: 'Name it with --name.',
  });
}

/** The nearest task name: `My Model (2)` becomes `my-model-2`. */
export function suggestName(folder: string): string {
  const name = folder
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 48)
    .replace(/-+$/, '');
  return name === '' ? 'service' : name;
}

async function refuseUsedFolder(target: string): Promise<void> {
  let entries: string[];
  try {
    entries = await readdir(target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new SlipwayError('usage', `${target} is not a folder.`, { hint: 'Choose another.', cause: error });
  }
  if (entries.length === 0) return;
  throw new SlipwayError('usage', `${target} is not empty.`, { hint: 'Choose a new or empty folder.' });
}

/** Changes only the name, so that the rest of the file stays as the template has it. */
async function setName(file: string, task: TaskName): Promise<void> {
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace(/("name"\s*:\s*)"[^"]*"/, `$1"${task}"`));
}
