// slipway env: the Python environments that the local platform keeps.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { dependenciesOf } from '../../bundle/dependencies.ts';
import { lockOf } from '../../bundle/drift/lock.ts';
import { Environments, type EnvironmentView } from '../../bundle/environments.ts';
import { lockName, pinsOf } from '../../bundle/lock-file.ts';
import { connect, findPlatform } from '../../client/local-platform.ts';
import { runtimeFolder } from '../../common/assets.ts';
import { silentLogger } from '../../common/log.ts';
import { exitCode } from '../failure.ts';
import { count, showBytes, showDuration } from '../figures.ts';
import { prepareEnvironment } from '../service-environment.ts';
import { serviceFolder } from '../service-folder.ts';
import type { Session } from '../session.ts';
import { defineVerb } from '../verb.ts';

const shortDigest = 12;

export const envList = defineVerb({
  name: 'env list',
  reach: 'local',
  summary: 'List the Python environments',
  input: z.strictObject({}),
  async run(session) {
    const environments = await open(session).list();
    session.print({ environments }, () => {
      if (environments.length === 0) return ['No environments yet. The first deploy makes one.'];
      const now = session.clock.now();
      return session.table(
        [
          { title: 'DIGEST' },
          { title: 'PYTHON' },
          { title: 'SIZE', align: 'right' },
          { title: 'AGE', align: 'right' },
          { title: 'REQUIREMENTS' },
        ],
        environments.map((one) => [
          { text: one.digest.slice(0, shortDigest) },
          { text: one.python },
          { text: showBytes(one.bytes) },
          { text: showDuration(Math.max(0, now - one.createdAt)) },
          { text: one.requirements.join(', ') },
        ]),
      );
    });
    return exitCode.done;
  },
});

export const envPrune = defineVerb({
  name: 'env prune',
  reach: 'local',
  summary: 'Remove the Python environments that no task of the running platform needs',
  input: z.strictObject({}),
  async run(session) {
    const environments = open(session);
    const all = await environments.list();
    const removed = await environments.prune(await liveDigests(session, all));
    const freed = all.filter(({ digest }) => removed.includes(digest)).reduce((sum, { bytes }) => sum + bytes, 0);
    session.print({ removed, freedBytes: freed }, () => [
      `${count(removed.length, 'environment')} removed, ${showBytes(freed)} freed.`,
    ]);
    return exitCode.done;
  },
});

export const envLock = defineVerb({
  name: 'env lock',
  summary: `Write ${lockName} into a service folder: the versions that its environment has, which go with its bundle`,
  arguments: [['[folder]', 'folder with slipway.json (default: this one)']],
  input: z.strictObject({ folder: z.string().default('.') }),
  async run(session, { folder }) {
    const path = await serviceFolder(session, folder);
    const { python } = await prepareEnvironment(session, path, 'fresh');
    session.progress.step('Asking for the digests of the archives');
    const lock = await lockOf(path, python, { env: session.terminal.env, signal: session.signal });
    const file = join(path, lockName);
    await writeFile(file, `${JSON.stringify(lock, null, 2)}\n`);
    const packages = Object.keys(lock.packages).length;
    const hashed = lock.hashes !== undefined;
    session.print({ file, python: lock.python, packages, hashed }, () => [
      `${count(packages, 'package')} on Python ${lock.python} locked in ${lockName}${hashed ? ', with the digests of their archives' : ''}.`,
    ]);
    return exitCode.done;
  },
});

export const envRuntime = defineVerb({
  name: 'env runtime',
  reach: 'local',
  summary:
    'Print the folder of the Python package of Slipway, for PYTHONPATH: for tests and type checkers of a service',
  input: z.strictObject({}),
  run(session) {
    session.print({ folder: runtimeFolder }, () => [runtimeFolder]);
    return Promise.resolve(exitCode.done);
  },
});

function open(session: Session): Environments {
  return new Environments({ root: session.home.environments, log: silentLogger, clock: session.clock });
}

/** An environment lives while a version that is not retired asks for its list, whatever its Python. */
async function liveDigests(session: Session, all: readonly EnvironmentView[]): Promise<Set<string>> {
  const info = await findPlatform(session.home);
  if (info === undefined) return new Set();
  const client = session.closer.add(await connect(info));
  const { tasks } = await client.call('listTasks', {}, { signal: session.signal });
  const wanted = new Set<string>();
  for (const { bundle, manifest } of tasks.flatMap((task) => task.versions)) {
    const folder = join(session.home.bundles, bundle.replace(/^sha256:/, ''));
    const asked = await dependenciesOf(folder, manifest).catch(() => undefined);
    // What a bundle asks for cannot be told: then nothing is safe to remove.
    if (asked === undefined) return new Set(all.map(({ digest }) => digest));
    wanted.add(asked.requirements.join('\n'));
    const pins = asked.lock === undefined ? undefined : pinsOf(asked.lock, asked.requirements, asked.lock);
    if (pins?.state === 'pinned') wanted.add(pins.requirements.join('\n'));
  }
  return new Set(all.filter((one) => wanted.has(one.requirements.join('\n'))).map(({ digest }) => digest));
}
