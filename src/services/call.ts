// One request to a task, by the command line.
import type { Uri } from 'vscode';
import { z } from 'zod';
import type { App } from '../app.ts';
import { runVerb } from '../platforms/command-line.ts';
import type { WatchedPlatform } from '../platforms/watched-platform.ts';

const Called = z.object({
  status: z.number(),
  answer: z.unknown(),
  version: z.string().nullable(),
  replica: z.string().nullable(),
  batch: z.string().nullable(),
  requestId: z.string().nullable().optional(),
  timeMs: z.number(),
});
export type Called = z.infer<typeof Called>;

export interface Call {
  readonly platform: WatchedPlatform;
  readonly task: string;
  /** What to send; without it the first sample of the deployed bundle, which only a local platform has at hand. */
  readonly file: Uri | undefined;
  readonly signal: AbortSignal;
}

/** @throws SlipwayError what the gateway answered */
export async function callTask(app: App, { platform, task, file, signal }: Call): Promise<Called> {
  const remote = platform.kind === 'remote';
  const env = remote ? { SLIPWAY_TOKEN: await app.platforms.remotes.token(platform.name) } : {};
  const words = [
    'call',
    task,
    ...(file === undefined ? ['--sample'] : [file.fsPath]),
    ...(remote ? ['--to', platform.name] : []),
  ];
  return runVerb(words, Called, { signal, env });
}
