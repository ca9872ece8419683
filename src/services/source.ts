// Which service of the workspace a task was made of.
import { window } from 'vscode';
import type { App } from '../app.ts';
import type { Service } from './service.ts';

/**
 * Where several have its name: the one that runs from its folder, else the one of the open file.
 * @returns undefined where the workspace has none, or it could be any of several
 */
export function sourceOf({ services, running }: Pick<App, 'services' | 'running'>, task: string): Service | undefined {
  const named = services.named(task);
  if (named.length <= 1) return named[0];
  const runs = named.filter(({ folder }) => running.stateOf(folder) !== undefined);
  if (runs.length === 1) return runs[0];
  const open = window.activeTextEditor?.document.uri;
  const ofFile = open === undefined ? undefined : services.of(open);
  return ofFile?.name === task ? ofFile : undefined;
}
