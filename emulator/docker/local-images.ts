// Images that the Engine has: looked up by reference or by the digest of their parts, pulled where that is asked for.
import type Docker from 'dockerode';
import { z } from 'zod';
import { SlipwayError } from '../common/errors.ts';
import { dockerError, isUnreachable, messageOf, statusOf } from './docker-error.ts';
import { imageLabels } from './image-layout.ts';
import { parseImageName } from './image-reference.ts';
import { jsonLines } from './json-lines.ts';
import { registryLogin } from './registry-credentials.ts';

const PullMessage = z.object({
  status: z.string().optional(),
  id: z.string().optional(),
  error: z.string().optional(),
});

/** The id of an image that carries the digest; undefined when there is none. @throws docker_unreachable */
export async function findPart(docker: Docker, digest: string): Promise<string | undefined> {
  try {
    // All: what other images are built on is listed only then.
    const found = await docker.listImages({ all: true, filters: { label: [`${imageLabels.step}=${digest}`] } });
    return found[0]?.Id;
  } catch (error) {
    throw dockerError(error, 'list images');
  }
}

/** The id behind a reference, pulled when it is not there. @throws image_missing, docker_unreachable, cancelled */
export async function imageId(
  docker: Docker,
  reference: string,
  { progress, signal }: { readonly progress: (text: string) => void; readonly signal: AbortSignal },
): Promise<string> {
  const present = await inspectId(docker, reference);
  if (present !== undefined) return present;
  progress(`pulling ${reference}`);
  await pull(docker, reference, progress, signal);
  const pulled = await inspectId(docker, reference);
  if (pulled === undefined) throw missing(reference, 'it was pulled and is not there');
  return pulled;
}

async function inspectId(docker: Docker, reference: string): Promise<string | undefined> {
  try {
    return (await docker.getImage(reference).inspect()).Id;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw dockerError(error, 'look at an image');
  }
}

async function pull(
  docker: Docker,
  reference: string,
  progress: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    const named = /[:@]/.test(reference.split('/').at(-1)!) ? reference : `${reference}:latest`;
    const login = await registryLogin(parseImageName(reference).registry, { signal });
    const stream = (await docker.pull(named, {
      abortSignal: signal,
      ...(login === undefined ? {} : { authconfig: login }),
    })) as unknown as AsyncIterable<Buffer>;
    for await (const value of jsonLines(stream)) {
      const { status, id, error } = PullMessage.parse(value);
      if (error !== undefined) throw missing(reference, error);
      if (status !== undefined && id !== undefined) progress(`pulling ${reference}: ${status} ${id}`);
    }
  } catch (error) {
    if (signal.aborted) throw new SlipwayError('cancelled', 'The pull of an image was cancelled.', { cause: error });
    if (error instanceof SlipwayError || isUnreachable(error)) throw dockerError(error, 'pull an image');
    throw missing(reference, messageOf(error), error);
  }
}

function missing(reference: string, why: string, cause?: unknown): SlipwayError {
  return new SlipwayError('image_missing', `The image ${reference} is not there and cannot be pulled: ${why}`, {
    cause,
  });
}
