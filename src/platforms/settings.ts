// The settings of the extension, as values.
import { workspace } from 'vscode';
import { settings, settingSection } from '../contributions.ts';

export interface Settings {
  /** Empty where the user said nothing. */
  readonly home: string;
  readonly python: string;
  readonly nodes: string;
}

export function readSettings(): Settings {
  const section = workspace.getConfiguration(settingSection);
  const text = (key: keyof typeof settings): string => section.get<string>(settings[key], '').trim();
  return { home: text('home'), python: text('python'), nodes: text('nodes') };
}
