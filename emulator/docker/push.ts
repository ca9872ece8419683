// An image gets a name, and goes to the registry that the name says.
import type Docker from 'dockerode';
import { z } from 'zod';
import { SlipwayError } from '../common/errors.ts';
import { dockerError, isUnreachable, messageOf, statusOf } from './docker-error.ts';
import { parseImageName } from './image-reference.ts';
import { jsonLines } from './json-lines.ts';
import { registryLogin, type CredentialOptions } from './registry-credentials.ts';

const PushMessage = z.object({
  status: z.string().optional(),
  id: z.string().optional(),
  progress: z.string().optional(),
  error: z.string().optional(),
  aux: z.object({ Digest: z.string().optional() }).optional(),
});

/** @param reference the further name of the image `id` @throws docker_refused, docker_unreachable */
export async function tagImage(docker: Docker, id: string, reference: string): Promise<void> {
  const { repository, tag } = parseImageName(reference);
  try {
    await docker.getImage(id).tag({ repo: repository, tag });
  } catch (error) {
    throw dockerError(error, 'name an image');
  }
}

/**
 * @returns the digest by which the registry knows it
 * @throws image_push_failed, image_missing, docker_unreachable, docker_config_invalid, cancelled
 */
export async function pushImage(
  docker: Docker,
  reference: string,
  { signal, progress, ...credentials }: CredentialOptions & { readonly progress: (text: string) => void },
): Promise<string> {
  const { registry, repository, tag } = parseImageName(reference);
  const login = await registryLogin(registry, { signal, ...credentials });
  let digest: string | undefined;
  try {
    const image = docker.getImage(`${repository}:${tag}`);
    // A registry that wants nobody in particular is told an empty name: the Engine insists on one.
    const authconfig = login ?? { username: '', password: '', serveraddress: registry };
    const stream = (await image.push({ authconfig, abortSignal: signal })) as unknown as AsyncIterable<Buffer>;
    for await (const value of jsonLines(stream)) {
      const { status, id, progress: done, error, aux } = PushMessage.parse(value);
      if (error !== undefined) throw failed(reference, error, login === undefined);
      digest = aux?.Digest ?? digest;
      if (status !== undefined && id !== undefined) progress([status, id, done].filter(Boolean).join(' '));
    }
  } catch (error) {
    if (signal.aborted) throw new SlipwayError('cancelled', 'The push of an image was cancelled.', { cause: error });
    if (error instanceof SlipwayError || isUnreachable(error)) throw dockerError(error, 'push an image');
    if (statusOf(error) === 404)
      throw new SlipwayError('image_missing', `There is no image ${reference} here: ${messageOf(error)}`, {
        hint: `Make it: slipway image build <folder> --tag ${reference}`,
      });
    throw failed(reference, messageOf(error), login === undefined);
  }
  if (digest === undefined) throw failed(reference, 'the Engine told no digest', false);
  return digest;
}

function failed(reference: string, why: string, isStranger: boolean): SlipwayError {
  const { registry } = parseImageName(reference);
  const hint = isStranger ? { hint: `Nobody is logged in to ${registry}: \`docker login ${registry}\`.` } : {};
  return new SlipwayError('image_push_failed', `${reference}: ${why}`, hint);
}
