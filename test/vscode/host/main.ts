// Runs suites of this folder with mocha in the extension host: which ones, what the window has open says. Named by
// environment variables: where mocha is, and the folder for the results.
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { workspace, type ExtensionContext } from 'vscode';
import type { TestResult } from '../../../scripts/test/results.ts';
import { MemoryFiles, memoryScheme } from './memory-files.ts';

type MochaModule = new (options: Mocha.MochaOptions) => Mocha;

/** By what a window has open. Their order counts: they share the window. */
const suites: Readonly<Record<string, () => Promise<unknown>>> = {
  folder: async () => {
    await import('./authoring.ts');
    await import('./drift.ts');
    await import('./extension.ts');
    await import('./refusals.ts');
    await import('./dashboard.ts');
    await import('./running.ts');
    await import('./debugging.ts');
    await import('./idle.ts');
  },
  bare: () => import('./bare.ts'),
  folders: () => import('./folders.ts'),
  virtual: () => import('./virtual.ts'),
  untrusted: () => import('./untrusted.ts'),
};

/** As an installed extension: the results are in the file of its kind of window, `folder.json` and so on. */
export function activate(context: ExtensionContext): void {
  context.subscriptions.push(
    workspace.registerFileSystemProvider(memoryScheme, new MemoryFiles(), { isReadonly: true }),
  );
  const begin = (): void => {
    const kind = kindOfWindow();
    // A window that is loaded again has run them.
    if (!existsSync(resultFile(kind))) void runSuites(kind);
  };
  if ((workspace.workspaceFolders ?? []).length > 0) return begin();
  // On a slow machine the folders of a workspace file are known only after the window has opened.
  const waiting = workspace.onDidChangeWorkspaceFolders(() => {
    waiting.dispose();
    begin();
  });
  context.subscriptions.push(waiting);
}

/** As an editor calls it that was started for tests. @throws Error when one failed */
export async function run(): Promise<void> {
  const results = await runSuites(kindOfWindow());
  const failed = results.filter(({ state }) => state === 'failed');
  if (failed.length > 0) throw new Error(failed.map(({ title, text }) => `${title}: ${text ?? ''}`).join('\n'));
}

function kindOfWindow(): string {
  const folders = workspace.workspaceFolders ?? [];
  if (!workspace.isTrusted) return 'untrusted';
  if (folders.length > 1) return 'folders';
  const [first] = folders;
  if (first?.uri.scheme !== 'file') return 'virtual';
  return first.name === 'bare' ? 'bare' : 'folder';
}

const resultFile = (kind: string): string => join(process.env['SLIPWAY_HOST_RESULTS'] ?? '', `${kind}.json`);

async function runSuites(kind: string): Promise<readonly TestResult[]> {
  const results: TestResult[] = [];
  const file = resultFile(kind);
  mkdirSync(join(file, '..'), { recursive: true });
  /** Also what there is so far is told, should something of it never end. */
  const save = (): void => writeFileSync(`${file}.new`, JSON.stringify(results));
  const add = (test: Mocha.Test | Mocha.Hook, state: TestResult['state'], text?: string): void => {
    const base = { title: test.fullTitle(), file: 'test/vscode/host', state, ms: test.duration ?? 0 };
    results.push(text === undefined ? base : { ...base, text });
    save();
  };
  try {
    const { SLIPWAY_HOST_GREP: grep } = process.env;
    const from = process.env['SLIPWAY_HOST_MOCHA'] ?? '';
    const Mocha = createRequire(`${from}/`)('mocha') as MochaModule;
    const mocha = new Mocha({ timeout: 120_000, ui: 'bdd', ...(grep === undefined ? {} : { grep }) });
    // The functions `describe` and `it` of this instance, for the suites that are imported next.
    mocha.suite.emit('pre-require', globalThis as unknown as Mocha.MochaGlobals, '', mocha);
    await suites[kind]?.();
    await new Promise<void>((resolve) => {
      const runner = mocha.run(() => resolve());
      runner.on('pass', (test) => add(test, 'passed', (test as { note?: string }).note));
      runner.on('fail', (test, error: unknown) => {
        add(test, 'failed', error instanceof Error ? (error.stack ?? error.message) : String(error));
      });
      runner.on('pending', (test) => add(test, 'skipped', 'skipped in the extension host'));
    });
  } catch (error) {
    const text = String((error as Error).stack);
    results.push({ title: 'the host tests load', file: 'test/vscode/host', state: 'failed', ms: 0, text });
  }
  save();
  renameSync(`${file}.new`, file);
  return results;
}
