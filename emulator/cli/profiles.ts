// How the command line names recorded profiles, and says that what runs by one is a model.
import { resolve } from 'node:path';
import { modelMark, modelOf } from '../../schemas/model-mark.ts';
import type { Profile } from '../../schemas/profile.ts';
import type { VersionView } from '../../schemas/tasks.ts';
import { readProfile } from '../bundle/profile.ts';
import type { Session } from './session.ts';

/** @throws path_missing, profile_invalid */
export async function profileAt({ terminal }: Session, path: string | undefined): Promise<Profile | undefined> {
  return path === undefined ? undefined : readProfile(resolve(terminal.cwd, path));
}

export function modelNote(version: string, device: string): string {
  return `${version} is a model: a recorded profile of ${device} stands in for the service`;
}

/** The device of each version that is a model. */
export function modelsAmong(versions: readonly Pick<VersionView, 'id' | 'manifest'>[]): Record<string, string> {
  const devices = versions.map(({ id, manifest }) => [id, modelOf(manifest)] as const);
  return Object.fromEntries(devices.filter((one): one is typeof one & [string, string] => one[1] !== undefined));
}

/** One line for each version that is a model. */
export function modelNotes(versions: readonly Pick<VersionView, 'id' | 'manifest'>[]): string[] {
  return Object.entries(modelsAmong(versions)).map(([version, device]) => modelNote(version, device));
}

/** How a version is called in tables. */
export function versionName({ id, name, manifest }: Pick<VersionView, 'id' | 'name' | 'manifest'>): string {
  const named = name === undefined ? id : `${id} (${name})`;
  return named + modelMark({ modelled: modelOf(manifest) });
}
