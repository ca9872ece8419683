// How states look: the shape tells them apart, the colour helps.
import { ThemeColor, ThemeIcon } from 'vscode';
import type { ReplicaState, TaskState, VersionState } from '../../schemas/tasks.ts';

export type AnyState = TaskState | VersionState | ReplicaState | 'ejected';

const grey = 'disabledForeground';
const looks: Readonly<Record<AnyState, readonly [icon: string, colour?: string]>> = {
  placing: ['loading~spin'],
  starting: ['loading~spin'],
  loading: ['loading~spin'],
  preparing: ['loading~spin'],
  deploying: ['loading~spin'],
  ready: ['pass-filled', 'testing.iconPassed'],
  active: ['pass-filled', 'testing.iconPassed'],
  degraded: ['warning', 'list.warningForeground'],
  ejected: ['warning', 'list.warningForeground'],
  failed: ['error', 'list.errorForeground'],
  lost: ['error', 'list.errorForeground'],
  idle: ['circle-outline', grey],
  stopped: ['debug-stop', grey],
  paused: ['debug-pause', 'debugIcon.pauseForeground'],
  draining: ['circle-slash', grey],
  retired: ['circle-slash', grey],
};

export function stateIcon(state: AnyState): ThemeIcon {
  const [icon, colour] = looks[state];
  return new ThemeIcon(icon, colour === undefined ? undefined : new ThemeColor(colour));
}
