// The word for a version that a recorded profile stands in for, in the language of the editor: no figure of one is shown without.
import { l10n } from 'vscode';
import type { WatchedPlatform } from '../platforms/watched-platform.ts';
import { markOf } from './figures.ts';

export const modelWord = (): string => l10n.t('model');

/** How a version is called beside what came of a request to it: `v2`, `v2 [model]`; empty where no version answered. */
export function answeredBy({ tasks }: WatchedPlatform, task: string, id: string | null): string {
  const version = tasks.find(({ name }) => name === task)?.versions.find((one) => one.id === id);
  return (id ?? '') + (version === undefined ? '' : markOf(version, modelWord()));
}

/** Of each version that is a model, what it is one of. @param modelled devices by version */
export function modelNotes(modelled: Readonly<Record<string, string>>): string[] {
  return Object.entries(modelled).map(([version, device]) =>
    l10n.t('{0} is a model: a recorded profile of {1} stands in for the service.', version, device),
  );
}
