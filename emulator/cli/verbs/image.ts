// slipway image: the image of a service, made as the Docker engine makes it, and sent to a registry.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { ImageReference } from '../../../schemas/manifest.ts';
import { packFolder } from '../../bundle/pack.ts';
import { removeTree } from '../../bundle/tree.ts';
import { unpack } from '../../bundle/unpack.ts';
import { buildSettings } from '../../docker/build-settings.ts';
import { connectDocker } from '../../docker/connection.ts';
import { pruneImages, usualKeep } from '../../docker/prune.ts';
import { pushImage, tagImage } from '../../docker/push.ts';
import { ServiceImages } from '../../docker/service-images.ts';
import { silentLogger } from '../../common/log.ts';
import { exitCode } from '../failure.ts';
import { count } from '../figures.ts';
import { refuseFaulty, serviceFolder } from '../service-folder.ts';
import type { Session } from '../session.ts';
import { defineVerb, WholeNumber } from '../verb.ts';

const dayMs = 86_400_000;

export const imageBuild = defineVerb({
  name: 'image build',
  reach: 'local',
  summary: 'Build the image of a service, as replicas in containers get it',
  arguments: [['[folder]', 'folder with slipway.json (default: this one)']],
  options: [
    ['--tag <reference>', 'name of the image (default: slipway/<service>)'],
    ['--base-image <image>', 'on which it is built when the service names none in container.base'],
    ['--push', 'send it to the registry that its name says'],
    ['--force', 'pack files that look like secrets too'],
  ],
  input: z.strictObject({
    folder: z.string().default('.'),
    tag: ImageReference.optional(),
    baseImage: ImageReference.optional(),
    push: z.boolean().default(false),
    force: z.boolean().default(false),
  }),
  async run(session, { folder, tag, baseImage, push, force }) {
    const path = await serviceFolder(session, folder);
    const docker = connectDocker();
    const { id, built, name } = await build(session, path, { docker, baseImage, force });
    const reference = tag ?? `slipway/${name}`;
    await tagImage(docker, id, reference);
    const digest = push ? await send(session, docker, reference) : undefined;
    session.print({ reference, id, built, ...(digest === undefined ? {} : { digest }) }, () => [
      `${reference} is ${id.slice(0, 'sha256:'.length + 12)}${built.length === 0 ? ', which was there' : ''}.`,
      digest === undefined ? `  send it: slipway image push ${reference}` : `  pushed as ${digest}`,
    ]);
    return exitCode.done;
  },
});

export const imagePush = defineVerb({
  name: 'image push',
  reach: 'local',
  summary: 'Send an image to the registry that its name says, with what `docker login` kept',
  arguments: [['<reference>', 'name of the image, such as registry.example.com/team/digits:3']],
  input: z.strictObject({ reference: ImageReference }),
  async run(session, { reference }) {
    const digest = await send(session, connectDocker(), reference);
    session.print({ reference, digest }, () => [`${reference} was pushed as ${digest}.`]);
    return exitCode.done;
  },
});

export const imagePrune = defineVerb({
  name: 'image prune',
  reach: 'local',
  summary: 'Remove images of services that no container uses; images with a name stay',
  options: [
    ['--keep <images>', `how many of the newest stay (default: ${usualKeep.count})`],
    ['--older-than <days>', `what is older goes anyway (default: ${usualKeep.ageMs / dayMs})`],
  ],
  input: z.strictObject({
    keep: WholeNumber.default(usualKeep.count),
    olderThan: WholeNumber.default(usualKeep.ageMs / dayMs),
  }),
  async run(session, { keep, olderThan }) {
    const bounds = { count: keep, ageMs: olderThan * dayMs };
    const removed = await pruneImages({ docker: connectDocker(), keep: bounds, now: session.clock.now() });
    session.print({ removed }, () => [
      removed.length === 0 ? 'Nothing to remove.' : `${count(removed.length, 'image')} removed.`,
    ]);
    return exitCode.done;
  },
});

type DockerClient = ReturnType<typeof connectDocker>;

async function build(
  session: Session,
  folder: string,
  {
    docker,
    baseImage,
    force,
  }: { readonly docker: DockerClient; readonly baseImage?: string | undefined; readonly force: boolean },
): Promise<{ readonly id: string; readonly built: readonly string[]; readonly name: string }> {
  const { signal, progress } = session;
  progress.step('Checking the service');
  await refuseFaulty(session, folder, force ? 'forced' : 'careful');
  const bundle = await packFolder(folder, { force, signal });
  // Exactly what a platform would have of it, and nothing that .slipwayignore leaves out.
  const outer = await mkdtemp(join(tmpdir(), 'slipway-image-'));
  const unpacked = join(outer, 'bundle');
  try {
    await unpack(bundle.open(), unpacked, { digest: bundle.digest, signal });
    const images = new ServiceImages({ docker, settings: buildSettings(), base: baseImage, log: silentLogger });
    const image = await images.prepare({
      bundle: bundle.digest,
      folder: unpacked,
      manifest: bundle.manifest,
      progress: (text) => progress.step(text),
      signal,
    });
    return { ...image, name: bundle.manifest.name };
  } finally {
    await removeTree(unpacked);
    await rm(outer, { recursive: true, force: true });
  }
}

function send(session: Session, docker: DockerClient, reference: string): Promise<string> {
  const { signal, progress } = session;
  progress.step(`Pushing ${reference}`);
  return pushImage(docker, reference, { signal, progress: (text) => progress.step(text) });
}
