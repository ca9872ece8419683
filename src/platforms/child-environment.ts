// The environment of what the extension starts: the editor's own program runs as plain Node, and the editor's own
// variables do not reach the user's code.
import type { Settings } from './settings.ts';

const ofTheEditor = /^(VSCODE_|ELECTRON_|NODE_OPTIONS$|CODE_SERVER_)/;

export function childEnvironment(settings: Settings, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !ofTheEditor.test(name));
  return {
    ...Object.fromEntries(kept),
    ELECTRON_RUN_AS_NODE: '1',
    ...(settings.home === '' ? {} : { SLIPWAY_HOME: settings.home }),
    ...(settings.python === '' ? {} : { SLIPWAY_PYTHON: settings.python }),
    ...more,
  };
}
