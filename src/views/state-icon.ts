// How states look: the shape tells them apart, the colour helps.
import { ThemeColor, ThemeIcon, workspace } from 'vscode';
import type { ReplicaState, TaskState, VersionState } from '../../schemas/tasks.ts';

export type AnyState = TaskState | VersionState | ReplicaState | 'ejected';

const grey = 'disabledForeground';
const spinning = 'loading~spin';
const still = 'sync';
const looks: Readonly<Record<AnyState, readonly [icon: string, colour?: string]>> = {
  placing: [spinning],
  starting: [spinning],
  loading: [spinning],
  preparing: [spinning],
  deploying: [spinning],
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
  if (icon === spinning) return comingIcon();
  return new ThemeIcon(icon, colour === undefined ? undefined : new ThemeColor(colour));
}

/** What is over does not spin. */
export function stillIcon(state: AnyState): ThemeIcon {
  return looks[state][0] === spinning ? new ThemeIcon(still) : stateIcon(state);
}

/** Of what is under way. The editor turns such an icon also where it is asked for less motion. */
export function comingIcon(): ThemeIcon {
  return new ThemeIcon(workspace.getConfiguration('workbench').get('reduceMotion') === 'on' ? still : spinning);
}
