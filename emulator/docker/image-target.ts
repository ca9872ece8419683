// What a base image has: a short program of Python is run in a container of it that has no network and is gone afterwards.
import { readFile } from 'node:fs/promises';
import type Docker from 'dockerode';
import { Target } from '../../schemas/target.ts';
import { targetScript } from '../bundle/drift/this-machine.ts';
import { SlipwayError } from '../common/errors.ts';
import { usualPythons } from './base-image.ts';
import { dockerError } from './docker-error.ts';
import { imageId } from './local-images.ts';

export interface ImageTargetOptions {
  readonly docker: Docker;
  /** The image of services that name none; undefined: one is chosen for each by its framework and Python. */
  readonly base: string | undefined;
  readonly signal: AbortSignal;
}

/** @throws image_missing, docker_unreachable, target_unknown when the image has no Python that answers */
export async function imageTarget({ docker, base, signal }: ImageTargetOptions): Promise<Target> {
  const installs = { installs: true, installsApt: true };
  try {
    if (base === undefined) {
      const { Architecture: machine } = (await docker.info()) as { Architecture: string };
      return Target.parse({ name: 'the usual base images', python: usualPythons, machine, ...installs });
    }
    const image = await imageId(docker, base, { progress: () => undefined, signal });
    const told = Target.safeParse(parseJson(await output(docker, image, base)));
    if (told.success) return { ...told.data, ...installs };
  } catch (error) {
    throw dockerError(error, 'look into an image');
  }
  throw new SlipwayError('target_unknown', `The Python of the image ${base} does not tell what it has.`);
}

async function output(docker: Docker, image: string, name: string): Promise<string> {
  const container = await docker.createContainer({
    Image: image,
    Entrypoint: [],
    Cmd: ['python3', '-I', '-c', await readFile(targetScript, 'utf8'), name],
    NetworkDisabled: true,
    HostConfig: { CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges'], ReadonlyRootfs: true },
  });
  try {
    await container.start();
    await container.wait();
    return payload(await container.logs({ stdout: true, stderr: false, follow: false }));
  } finally {
    await container.remove({ force: true, v: true });
  }
}

/** The Engine sends the log in frames: a byte for the stream, three of zero, four for the length. */
function payload(log: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + frameHeaderBytes <= log.length;) {
    const start = at + frameHeaderBytes;
    at = start + log.readUInt32BE(at + 4);
    parts.push(log.subarray(start, at));
  }
  return Buffer.concat(parts).toString('utf8');
}

const frameHeaderBytes = 8;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
