// Numbers of things, in the words of the language of the editor.
import { l10n } from 'vscode';

export function countedTasks(count: number): string {
  return count === 1 ? l10n.t('1 task') : l10n.t('{0} tasks', count);
}
