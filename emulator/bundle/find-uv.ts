// Whether uv makes the environments, or pip.
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { programFile, searchPathOf } from '../common/search-path.ts';

/**
 * uv, unless the user has told pip where packages come from: uv does not read pip's configuration, and would ask the
 * public index for the names of private packages.
 * @param systemFiles pip's configuration of the whole machine
 */
export function findUv(env: NodeJS.ProcessEnv, systemFiles = machineFiles(env)): string | undefined {
  const told = Object.keys(env).some((key) => /^UV_.*(?:INDEX|FIND_LINKS)/.test(key));
  if (!told && pipIsConfigured(env, systemFiles)) return undefined;
  return searchPathOf(env)
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, programFile('uv')))
    .find((path) => existsSync(path));
}

/** Where pip looks on each system (its page of configuration); a place of another system is simply not there. */
function machineFiles(env: NodeJS.ProcessEnv): readonly string[] {
  return [
    '/etc/pip.conf',
    '/etc/xdg/pip/pip.conf',
    '/Library/Application Support/pip/pip.conf',
    join(env['ProgramData'] ?? env['PROGRAMDATA'] ?? 'C:\\ProgramData', 'pip', 'pip.ini'),
  ];
}

function pipIsConfigured(env: NodeJS.ProcessEnv, systemFiles: readonly string[]): boolean {
  if (Object.keys(env).some((key) => /^PIP_(?:INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|CONFIG_FILE)$/.test(key))) {
    return true;
  }
  const home = env['HOME'] ?? homedir();
  const files = [
    ...systemFiles,
    join(home, '.pip', 'pip.conf'),
    join(env['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'pip', 'pip.conf'),
    join(home, 'Library', 'Application Support', 'pip', 'pip.conf'),
    join(env['APPDATA'] ?? home, 'pip', 'pip.ini'),
    join(home, 'pip', 'pip.ini'),
  ];
  return files.some((file) => {
    try {
      return /^\s*(?:extra-)?(?:index-url|find-links|no-index)\s*[=:]/m.test(readFileSync(file, 'utf8'));
    } catch {
      return false;
    }
  });
}
