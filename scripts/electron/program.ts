// The program behind what people call `code`: a launcher only tells a VS Code that runs to open a window, and ends at once.
import nodePath from 'node:path';

/** What the program is called in the app of a Mac, by its age and its quality. */
const macPrograms = ['Code', 'Electron', 'Code - Insiders'];
const windowsPrograms = ['Code.exe', 'Code - Insiders.exe'];

/**
 * @param named the program, its launcher (`bin/code`, `bin\code.cmd`) with links followed, or the `.app` of a Mac
 * @param isFile whether there is a file at a path
 * @returns the program; `named` itself where there is none beside it
 */
export function programBehind(
  named: string,
  isFile: (path: string) => boolean,
  paths: nodePath.PlatformPath = nodePath,
): string {
  const app = /^.*?\.app(?=[\\/]|$)/.exec(named)?.[0];
  if (app !== undefined) {
    const programs = macPrograms.map((name) => paths.join(app, 'Contents', 'MacOS', name));
    return [named, ...programs].filter((path) => paths.dirname(path).endsWith('MacOS')).find(isFile) ?? named;
  }
  if (paths.basename(paths.dirname(named)) !== 'bin') return named;
  const names = [paths.basename(named).replace(/\.cmd$/i, ''), ...windowsPrograms];
  return names.map((name) => paths.join(paths.dirname(paths.dirname(named)), name)).find(isFile) ?? named;
}

/**
 * A path as an argument of the program: on Windows it is started by a shell, which would take what is behind a space for
 * the next one.
 */
export function asArgument(path: string, platform: NodeJS.Platform = process.platform): string {
  return platform === 'win32' ? `"${path}"` : path;
}
