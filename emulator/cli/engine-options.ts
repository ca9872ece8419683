// What replicas of a platform that is started here run in: the options of `up` and `dev`.
import { z } from 'zod';
import { ImageReference } from '../../schemas/manifest.ts';
import type { PlatformInfo } from '../../schemas/platform.ts';
import type { StartOptions } from '../client/local-platform.ts';
import { SlipwayError } from '../common/errors.ts';

export const engineInput = {
  engine: z.enum(['process', 'docker']).optional(),
  baseImage: ImageReference.optional(),
};
type EngineInput = z.output<z.ZodObject<typeof engineInput>>;

export const engineOptions: [string, string][] = [
  ['--engine <engine>', 'what replicas run in: process (default) or docker'],
  ['--base-image <image>', 'on which images are built for services that name none in container.base'],
];

export function engineStart({ engine, baseImage }: EngineInput): Pick<StartOptions, 'engine' | 'baseImage'> {
  return { ...(engine === undefined ? {} : { engine }), ...(baseImage === undefined ? {} : { baseImage }) };
}

/** @throws SlipwayError platform_running when the platform that runs has another engine than the one asked for. */
export function requireEngine(running: PlatformInfo, { engine }: EngineInput): void {
  if (engine === undefined || engine === running.engine) return;
  throw new SlipwayError('platform_running', `A platform runs already, and its engine is ${running.engine}.`, {
    hint: `Stop it with \`slipway down\`, then start one with --engine ${engine}.`,
  });
}
