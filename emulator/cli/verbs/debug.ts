// slipway debug: what an editor needs to debug a service, from its folder or as a task runs it already.
import { join } from 'node:path';
import { z } from 'zod';
import { debugKit } from '../debug-kit.ts';
import { exitCode, type ExitCode } from '../failure.ts';
import { bring, serviceFolder } from '../service-folder.ts';
import { SlipwayError } from '../../common/errors.ts';
import type { Session } from '../session.ts';
import { defineVerb } from '../verb.ts';
import type { VersionView } from '../../../schemas/tasks.ts';

export const debug = defineVerb({
  name: 'debug',
  summary: 'Prepare a service for a debugger, and print what an editor needs',
  arguments: [['[folder]', 'folder with slipway.json (default: this one)']],
  options: [
    ['--task <task>', 'a task that runs, instead of a folder'],
    ['--replica <id>', 'the version of this replica of it (default: the active one)'],
  ],
  input: z.strictObject({
    folder: z.string().default('.'),
    task: z.string().optional(),
    replica: z.string().optional(),
  }),
  async run(session, input): Promise<ExitCode> {
    const prepared =
      input.task === undefined
        ? await fromFolder(session, input.folder)
        : await fromTask(session, input.task, input.replica);
    session.print(prepared, () => [
      `${prepared.task} can be debugged.`,
      `  adapter   PYTHONPATH=${prepared.runtime} ${prepared.python} -m slipway.debug_adapter ${prepared.debugger}`,
      `  executed  ${prepared.folder}`,
    ]);
    return exitCode.done;
  },
});

interface Prepared {
  readonly task: string;
  readonly bundle: string;
  readonly python: string;
  readonly debugger: string;
  readonly runtime: string;
  readonly folder: string;
  /** Where the user edits it; null for a task. */
  readonly source: string | null;
}

async function fromFolder(session: Session, path: string): Promise<Prepared> {
  const { client } = await session.connectOrStart();
  const source = await serviceFolder(session, path);
  const { digest, manifest } = await bring(session, client, source, 'careful');
  const kit = await debugKit(session, bundleFolder(session, digest), manifest);
  return { task: manifest.name, bundle: digest, source, ...kit };
}

async function fromTask(session: Session, task: string, replica: string | undefined): Promise<Prepared> {
  const { client } = await session.connect();
  const view = await client.call('getTask', { params: { task } }, { signal: session.signal });
  const wanted = replica === undefined ? view.activeVersion : view.replicas.find(({ id }) => id === replica)?.version;
  const version: VersionView | undefined = view.versions.find(({ id }) => id === wanted);
  if (version === undefined) throw new SlipwayError('replica_not_found', `${task} has no replica ${replica ?? ''}.`);
  const kit = await debugKit(session, bundleFolder(session, version.bundle), version.manifest);
  return { task, bundle: version.bundle, source: null, ...kit };
}

function bundleFolder({ home }: Session, digest: string): string {
  return join(home.bundles, digest.replace(/^sha256:/, ''));
}
