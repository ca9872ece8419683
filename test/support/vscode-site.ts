// All that a test in the real editor needs: the packaged extension in a server of its own, a workspace, a home folder for
// platforms, and a browser.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { packageRoot } from '../../emulator/common/assets.ts';
import { skip } from './skip.ts';
import { inTemporaryFolder } from './temporary-folder.ts';
import { installEditor, type InstalledEditor } from './vscode-install.ts';
import { EditorServer, installExtensions, type ServerOptions } from './vscode-server.ts';
import { explainWindow } from './vscode-failure.ts';
import { EditorWindow, launchBrowser } from './vscode-window.ts';

const run = promisify(execFile);
let installed: Promise<InstalledEditor | string> | undefined;
let packed: Promise<string> | undefined;
/** Of the running test: begins the names of its pictures when it fails. */
let title = 'editor';

/** The editor, once for all tests of a run; from a `before` hook, it skips the tests of the group where there cannot be one. */
export async function requireEditor(context: Mocha.Context): Promise<InstalledEditor> {
  context.timeout(20 * 60_000);
  context.runnable().parent?.beforeEach(function () {
    title = this.currentTest?.title ?? 'editor';
  });
  const editor = await (installed ??= installEditor());
  if (typeof editor === 'string') skip(context, editor);
  return editor;
}

/** slipway.vsix of this tree, packed once for all tests of a run. */
export function packedExtension(): Promise<string> {
  packed ??= (async () => {
    const file = join(packageRoot, '.build', 'test.vsix');
    await run(process.execPath, ['--import', 'tsx', join('scripts', 'package', 'main.ts'), file], { cwd: packageRoot });
    return file;
  })();
  return packed;
}

const extensionFolders = new Map<string, Promise<string>>();

/** A folder with ours and `others` installed, once for all editors of a run that have the same. */
function withExtensions(editor: InstalledEditor, others: readonly string[]): Promise<string> {
  const key = others.join();
  const known = extensionFolders.get(key);
  if (known !== undefined) return known;
  const installing = (async () => {
    const packed = [await packedExtension(), ...others];
    return installExtensions(editor, await mkdtemp(join(tmpdir(), 'slipway-extensions-')), packed);
  })();
  extensionFolders.set(key, installing);
  return installing;
}

export interface EditorSite {
  readonly server: EditorServer;
  readonly browser: Browser;
  /** The workspace folder of `open`. */
  readonly workspace: string;
  /** Home folder of the local platform. */
  readonly home: string;
  /** A window; with no folder named, of the workspace. */
  readonly open: (folder?: string) => Promise<EditorWindow>;
  /** Of a test that failed: keeps a screenshot of each window, and prints what it says. */
  readonly explain: () => Promise<void>;
}

export type SiteOptions = Partial<Pick<ServerOptions, 'settings' | 'trust' | 'env' | 'locale'>> & {
  readonly extensions?: readonly string[];
  /** Name of the workspace folder. */
  readonly workspaceName?: string;
};

/** Runs `use` with a site; a failing test leaves a screenshot of each window. */
export function inEditor(
  editor: InstalledEditor,
  options: SiteOptions,
  use: (site: EditorSite) => Promise<void>,
): Promise<void> {
  return inTemporaryFolder(async (folder) => {
    const home = join(folder, 'home');
    const workspace = join(folder, options.workspaceName ?? 'work');
    await mkdir(workspace);
    const server = await EditorServer.start({
      editor,
      folder: join(folder, 'server'),
      extensions: await withExtensions(editor, options.extensions ?? []),
      env: { ...options.env, SLIPWAY_HOME: home },
      ...(options.settings === undefined ? {} : { settings: options.settings }),
      ...(options.locale === undefined ? {} : { locale: options.locale }),
      ...(options.trust === undefined ? {} : { trust: options.trust }),
    });
    const browser = await launchBrowser(editor.chromium);
    const windows: EditorWindow[] = [];
    const open = async (path = workspace): Promise<EditorWindow> => {
      const window = await EditorWindow.open(browser, server.url, path);
      windows.push(window);
      return window;
    };
    const explain = async (): Promise<void> => {
      for (const [index, window] of windows.entries()) {
        console.log(await explainWindow(window, `failed-${title}-${String(index + 1)}`));
      }
    };
    try {
      await use({ server, browser, workspace, home, open, explain });
    } catch (error) {
      await explain();
      throw error;
    } finally {
      await browser.close();
      await server.close();
    }
  });
}
