// Recorded profiles: measured in the environment of a service, read from their files, and put in the place of the service in a folder
// of its own, from which a bundle is packed that can never be taken for the service's.
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Manifest } from '../../schemas/manifest.ts';
import { Profile, ProfileReport } from '../../schemas/profile.ts';
import { SlipwayError } from '../common/errors.ts';
import { manifestName, readManifest, readManifestText } from './manifest.ts';
import { reportOf } from './service-report.ts';

/** Of all runs after the service has loaded. */
const runsMs = 600_000;
const maxReportBytes = 1024 * 1024;

export interface RecordOptions {
  /** The interpreter of the service's environment. */
  readonly python: string;
  readonly signal: AbortSignal;
}

/**
 * What loading the service and executing batches of its samples cost here.
 * @throws profile_invalid, load_timeout, load_failed and what a replica would fail with
 */
export async function recordProfile(
  folder: string,
  manifest: Manifest,
  { python, signal }: RecordOptions,
): Promise<Profile> {
  refuseServer(manifest);
  const report = await reportOf(ProfileReport, {
    ...{ module: 'slipway.profile', folder, python, signal },
    arguments: ['--load-ms', String(manifest.timeouts.loadMs)],
    timeoutMs: manifest.timeouts.loadMs + runsMs,
    maxOutputBytes: maxReportBytes,
    doing: 'its profile was recorded',
  });
  return report.profile;
}

/** @throws path_missing, profile_invalid */
export async function readProfile(path: string): Promise<Profile> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new SlipwayError('path_missing', `${path} cannot be read.`, {
      hint: 'Record one: slipway profile record SERVICE -o gpu-profile.json',
      cause,
    });
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SlipwayError('profile_invalid', `${path} is not JSON: ${(cause as Error).message}.`, { cause });
  }
  const parsed = Profile.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.slice(0, 5).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new SlipwayError('profile_invalid', `${path}: ${problems.join('; ')}.`);
}

/** What only the service itself needs: its packages and model, and what was written for its code. */
const left = ['requirements', 'apt', 'model', 'framework', 'python', 'preload', 'compat', 'capture', 'profile'];

/**
 * A folder of a service in which the profile stands in for the code. Call `remove` when it is packed and sent.
 * @throws profile_invalid for a service that is a server itself
 */
export async function stageProfile(
  folder: string,
  profile: Profile,
): Promise<{ readonly folder: string; readonly remove: () => Promise<void> }> {
  const manifest = await readManifest(folder);
  refuseServer(manifest);
  // Its text was found to be in order.
  const written = JSON.parse(await readManifestText(folder)) as Record<string, unknown>;
  const kept = Object.fromEntries(Object.entries(written).filter(([field]) => !left.includes(field)));
  const { shm, tmp } = manifest.container;
  const staged = await mkdtemp(join(tmpdir(), 'slipway-model-'));
  const remove = (): Promise<void> => rm(staged, { recursive: true, force: true });
  try {
    // No samples: they have the answers of the service, which the model does not give.
    const value = { ...kept, container: { shm, tmp }, profile };
    await writeFile(join(staged, manifestName), `${JSON.stringify(value, undefined, 2)}\n`);
    const main = join(staged, manifest.main!);
    await mkdir(dirname(main), { recursive: true });
    await copyFile(join(folder, manifest.main!), main);
    return { folder: staged, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

function refuseServer({ server }: Manifest): void {
  if (server === undefined) return;
  throw new SlipwayError('profile_invalid', 'The service is a server itself, and has no batches to be measured.', {
    hint: 'Profiles are of services with load_model and execute.',
  });
}
