// One code-server with extensions installed, a home folder and settings of its own, that ends with the test.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePorts } from './free-ports.ts';
import type { InstalledEditor } from './vscode-install.ts';

const run = promisify(execFile);

export interface ServerOptions {
  readonly editor: InstalledEditor;
  /** Holds all of it. */
  readonly folder: string;
  /** The folder that `installExtensions` filled. */
  readonly extensions: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Asks before anything of a workspace is run. */
  readonly trust?: 'asked' | 'given';
  /** Language of the workbench; default: English. */
  readonly locale?: string;
  /** Beside that of the tests. */
  readonly env?: NodeJS.ProcessEnv;
}

/** A quiet workbench: nothing that asks, loads or moves by itself. */
const quiet = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.colorTheme': 'Dark 2026',
  'workbench.reduceMotion': 'on',
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'window.menuBarVisibility': 'compact',
  'git.enabled': false,
  'remote.autoForwardPorts': false,
};
const startMs = 60_000;

export class EditorServer {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #options: ServerOptions;

  private constructor(url: string, child: ChildProcess, options: ServerOptions) {
    this.url = url;
    this.#child = child;
    this.#options = options;
  }

  /** Changes settings of the user, as an open window notices. */
  async set(settings: Readonly<Record<string, unknown>>): Promise<void> {
    await writeSettings(this.#options, settings);
  }

  static async start(options: ServerOptions): Promise<EditorServer> {
    const { folder, extensions } = options;
    const data = join(folder, 'data');
    const own = ['--user-data-dir', data, '--extensions-dir', extensions];
    const env = { ...process.env, ...options.env, ...homeIn(folder) };
    await writeSettings(options, {});
    if (options.locale !== undefined) await writeLanguage(data, options.locale);
    // On a machine under load its two processes may not find each other within their own ten seconds.
    for (let attempt = 1; ; attempt++) {
      try {
        return await EditorServer.#launch(options, own, env);
      } catch (error) {
        if (attempt === 3) throw error;
      }
    }
  }

  static async #launch(options: ServerOptions, own: readonly string[], env: NodeJS.ProcessEnv): Promise<EditorServer> {
    const { editor, folder, trust = 'given', locale } = options;
    const [program, ...first] = editor.command;
    const [port] = await freePorts(1);
    const args = [
      ...[...first, ...own, '--auth', 'none', '--bind-addr', `127.0.0.1:${String(port)}`],
      ...['--disable-telemetry', '--disable-update-check', '--disable-getting-started-override'],
      ...(trust === 'given' ? ['--disable-workspace-trust'] : []),
      ...(locale === undefined ? [] : ['--locale', locale]),
    ];
    // A group of its own: its file watcher and terminals outlive it otherwise. What extensions start has groups of its own.
    const child = spawn(program!, args, { env, cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const output: string[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => output.push(String(text)));
    const url = `http://127.0.0.1:${String(port)}`;
    const end = performance.now() + startMs;
    while (!(await answers(url))) {
      if (child.exitCode !== null || performance.now() > end) {
        child.kill('SIGKILL');
        throw new Error(`code-server did not start:\n${output.join('').slice(-4_000)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return new EditorServer(url, child, options);
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(timer);
    this.#killGroup();
  }

  #killGroup(): void {
    try {
      process.kill(-this.#child.pid!, 'SIGKILL');
    } catch {
      // Nothing of it is left.
    }
  }
}

/** Installs packed extensions as a user does, within `folder`. @returns where any number of servers take them from */
export async function installExtensions(
  editor: InstalledEditor,
  folder: string,
  packed: readonly string[],
): Promise<string> {
  const [program, ...first] = editor.command;
  const extensions = join(folder, 'extensions');
  const own = ['--user-data-dir', join(folder, 'data'), '--extensions-dir', extensions];
  const env = { ...process.env, ...homeIn(folder) };
  for (const file of packed) {
    await run(program!, [...first, ...own, '--install-extension', file], { env, timeout: 120_000 });
  }
  return extensions;
}

const homeIn = (folder: string): NodeJS.ProcessEnv => ({ HOME: folder, XDG_CONFIG_HOME: join(folder, 'config') });

/**
 * A language of which the editor knows no text of its own: it speaks English, and whoever asks is told that it does not.
 * An installed language pack leaves the same file.
 */
async function writeLanguage(data: string, locale: string): Promise<void> {
  const texts = join(data, 'no-texts.json');
  await writeFile(texts, JSON.stringify({ contents: {} }));
  // It asks for the first of these, and shows no extension at all where there is none.
  const extensions = [{ extensionIdentifier: { id: 'slipway.no-texts' }, version: '1.0.0' }];
  const pack = { hash: 'none', extensions, translations: { vscode: texts }, label: locale };
  await writeFile(join(data, 'languagepacks.json'), JSON.stringify({ [locale]: pack }));
}

async function writeSettings({ folder, settings }: ServerOptions, more: ServerOptions['settings']): Promise<void> {
  const text = JSON.stringify({ ...quiet, ...settings, ...more });
  // Settings of a machine are read from there, where the editor is not on the machine of the window.
  for (const scope of ['User', 'Machine']) {
    const place = join(folder, 'data', scope);
    await mkdir(place, { recursive: true });
    await writeFile(join(place, 'settings.json'), text);
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/healthz`)).ok;
  } catch {
    return false;
  }
}
