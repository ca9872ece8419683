// The badge of the view container: how many tasks fail.
import { l10n, type ViewBadge } from 'vscode';
import type { Platforms } from '../platforms/platforms.ts';

export function failingBadge({ all }: Platforms): ViewBadge | undefined {
  const tasks = all.flatMap((platform) => platform.tasks);
  const value = tasks.filter(({ state }) => state === 'failed' || state === 'degraded').length;
  if (value === 0) return undefined;
  return { value, tooltip: value === 1 ? l10n.t('1 task fails') : l10n.t('{0} tasks fail', value) };
}
