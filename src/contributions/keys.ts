// The few keys: what is done again and again while a service is written. They follow Ctrl+; with which the editor itself begins
// what is about tests, and F5 debugs as everywhere; samples have the keys of tests already.
import { contextKeys, type CommandName } from '../contributions.ts';

export interface KeyBinding {
  readonly command: CommandName;
  readonly key: string;
  readonly mac: string;
  readonly when: string;
}

export const keyBindings: readonly KeyBinding[] = [
  { command: 'runLocally', key: 'ctrl+; r', mac: 'cmd+; r', when: contextKeys.hasServices },
  { command: 'callWithSample', key: 'ctrl+; s', mac: 'cmd+; s', when: contextKeys.hasTasks },
  { command: 'openDashboard', key: 'ctrl+; d', mac: 'cmd+; d', when: contextKeys.hasTasks },
];
