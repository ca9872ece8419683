// The home folder of Slipway as the settings have it now.
import { homeAt, type Home } from '../../emulator/client/edge.ts';
import { readSettings } from './settings.ts';

export function currentHome(): Home {
  const { home } = readSettings();
  return home === '' ? homeAt() : homeAt(home);
}
