// The word for a state, in the language of the editor. The words themselves are those of the platform: a test has each of them
// in the texts.
import { l10n } from 'vscode';
import type { NodeView } from '../../schemas/tasks.ts';
import type { AnyState } from './state-icon.ts';

export function stateText(state: AnyState | NodeView['state']): string {
  return l10n.t(state);
}
