// What replicas of a platform that is started here run in: the options of `up` and `dev`.
import { z } from 'zod';
import { ImageReference } from '../../schemas/manifest.ts';
import type { PlatformInfo } from '../../schemas/platform.ts';
import type { StartOptions } from '../client/local-platform.ts';
import { SlipwayError } from '../common/errors.ts';
import { WholeNumber } from './verb.ts';

export const engineInput = {
  engine: z.enum(['process', 'docker']).optional(),
  baseImage: ImageReference.optional(),
  keepImages: WholeNumber.optional(),
  adoptWithin: WholeNumber.optional(),
};
type EngineInput = z.output<z.ZodObject<typeof engineInput>>;

export const engineOptions: [string, string][] = [
  ['--engine <engine>', 'what replicas run in: process (default) or docker'],
  ['--base-image <image>', 'on which images are built for services that name none in container.base'],
  ['--keep-images <count>', 'how many images of services that nobody uses stay (default: 20)'],
  ['--adopt-within <seconds>', 'how long containers wait for the next platform when this one is killed (default: 60)'],
];

export type EngineStart = Pick<StartOptions, 'engine' | 'baseImage' | 'keepImages' | 'adoptWithin'>;

export function engineStart({ engine, baseImage, keepImages, adoptWithin }: EngineInput): EngineStart {
  return {
    ...(engine === undefined ? {} : { engine }),
    ...(baseImage === undefined ? {} : { baseImage }),
    ...(keepImages === undefined ? {} : { keepImages }),
    ...(adoptWithin === undefined ? {} : { adoptWithin }),
  };
}

/** @throws SlipwayError platform_running when the platform that runs has another engine than the one asked for. */
export function requireEngine(running: PlatformInfo, { engine }: EngineInput): void {
  if (engine === undefined || engine === running.engine) return;
  throw new SlipwayError('platform_running', `A platform runs already, and its engine is ${running.engine}.`, {
    hint: `Stop it with \`slipway down\`, then start one with --engine ${engine}.`,
  });
}
