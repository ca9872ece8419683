// The desktop VS Code that tests run in: one that is there, or a download that is kept.
import { existsSync, realpathSync, statSync } from 'node:fs';
import { downloadAndUnzipVSCode, SilentReporter } from '@vscode/test-electron';
import { programBehind } from './program.ts';

export type Desktop = { readonly executable: string } | { readonly skipped: string };

/** Silence of the download after which it is given up. */
const patienceMs = 15_000;
/** Where an installation has its program; a launcher or the app of a Mac does as well. */
const examples: Partial<Record<NodeJS.Platform, string>> = {
  win32: '%LOCALAPPDATA%\\Programs\\Microsoft VS Code\\Code.exe',
  darwin: '/Applications/Visual Studio Code.app',
};
const expected = 'VSCODE_EXECUTABLE: expected the program of VS Code';
const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

/**
 * @param cache folder of the download
 * @throws Error when VSCODE_EXECUTABLE names nothing that could be a program
 */
export async function findDesktop(env: NodeJS.ProcessEnv, cache: string): Promise<Desktop> {
  const { VSCODE_EXECUTABLE: named } = env;
  if (named !== undefined && named !== '') {
    if (!existsSync(named)) throw new Error(`${expected}, found no file ${named}`);
    const executable = programBehind(realpathSync(named), isFile);
    if (!isFile(executable)) throw new Error(`${expected}, found a folder without one: ${named}`);
    return { executable };
  }
  try {
    const reporter = new SilentReporter();
    const downloaded = await downloadAndUnzipVSCode({ cachePath: cache, reporter, timeout: patienceMs });
    return { executable: programBehind(downloaded, isFile) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const example = examples[process.platform] ?? '/usr/share/code/code';
    return {
      skipped: [
        `VS Code could not be downloaded (${why.split('\n')[0] ?? ''}).`,
        `Set VSCODE_EXECUTABLE to one that is installed, such as ${example};`,
        'behind a proxy, set HTTPS_PROXY',
      ].join(' '),
    };
  }
}
