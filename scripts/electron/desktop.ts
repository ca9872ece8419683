// The desktop VS Code that tests run in: one that is there, or a download that is kept.
import { existsSync } from 'node:fs';
import { downloadAndUnzipVSCode, SilentReporter } from '@vscode/test-electron';

export type Desktop = { readonly executable: string } | { readonly skipped: string };

/** Silence of the download after which it is given up. */
const patienceMs = 15_000;

/**
 * @param cache folder of the download
 * @throws Error when VSCODE_EXECUTABLE names no file
 */
export async function findDesktop(env: NodeJS.ProcessEnv, cache: string): Promise<Desktop> {
  const { VSCODE_EXECUTABLE: named } = env;
  if (named !== undefined && named !== '') {
    if (!existsSync(named))
      throw new Error(`VSCODE_EXECUTABLE: expected the program of VS Code, found no file ${named}`);
    return { executable: named };
  }
  try {
    const reporter = new SilentReporter();
    return { executable: await downloadAndUnzipVSCode({ cachePath: cache, reporter, timeout: patienceMs }) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      skipped: `VS Code could not be downloaded (${why.split('\n')[0] ?? ''}): set VSCODE_EXECUTABLE to the program of one that is installed`,
    };
  }
}
