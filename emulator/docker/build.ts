// One build of the Engine: a Dockerfile and its files in, the id of an image out; its log line by line, and cancel.
import type Docker from 'dockerode';
import { z } from 'zod';
import { SlipwayError } from '../common/errors.ts';
import { contextTar, type ContextFile } from './context-files.ts';
import { dockerError } from './docker-error.ts';
import { jsonLines } from './json-lines.ts';

export interface BuildRequest {
  readonly dockerfile: string;
  readonly files: readonly ContextFile[];
  /** Not kept in the image: settings of the installers. */
  readonly buildArgs: Readonly<Record<string, string>>;
  /** Default: none, an image that is known by its id and labels only. */
  readonly tag?: string;
  readonly platform?: string;
  /** Each line of the build log. */
  readonly line: (text: string) => void;
  readonly signal: AbortSignal;
}

const Message = z.object({
  stream: z.string().optional(),
  status: z.string().optional(),
  error: z.string().optional(),
  aux: z.object({ ID: z.string().optional() }).optional(),
});

/** Lines of the log that an error shows. */
const tailLines = 30;
const maxLineChars = 400;

/** @throws image_build_failed with the end of the log, docker_unreachable, disk_full, cancelled. */
export async function buildImage(docker: Docker, request: BuildRequest): Promise<string> {
  const { dockerfile, files, buildArgs, tag, platform, signal } = request;
  const context = contextTar([{ path: 'Dockerfile', text: dockerfile }, ...files]);
  const tail: string[] = [];
  let id: string | undefined;
  try {
    signal.throwIfAborted();
    const answer = (await docker.buildImage(context, {
      buildargs: buildArgs,
      rm: true,
      forcerm: true,
      // A client that goes away ends the build.
      abortSignal: signal,
      ...(tag === undefined ? {} : { t: tag }),
      ...(platform === undefined ? {} : { platform }),
    })) as unknown as AsyncIterable<Buffer>;
    for await (const value of jsonLines(answer)) {
      const { stream, status, error, aux } = Message.parse(value);
      if (error !== undefined) throw failed(error, tail);
      if (aux?.ID !== undefined) id = aux.ID;
      for (const text of (stream ?? status ?? '').split(/[\r\n]+/)) {
        if (text.trim() === '') continue;
        tail.push(text.slice(0, maxLineChars));
        if (tail.length > tailLines) tail.shift();
        request.line(text);
      }
    }
  } catch (error) {
    if (signal.aborted) throw new SlipwayError('cancelled', 'The image build was cancelled.', { cause: error });
    throw dockerError(error, 'build an image');
  } finally {
    context.destroy();
  }
  if (id === undefined) throw failed('the Engine ended the build without an image', tail);
  return id;
}

function failed(what: string, tail: readonly string[]): SlipwayError {
  const detail = /no space left on device/i.test(what) ? 'disk_full' : 'image_build_failed';
  return new SlipwayError(
    detail,
    `${what}${tail.length === 0 ? '' : `; the end of the build log:\n${tail.join('\n')}`}`,
  );
}
