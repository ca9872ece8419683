// `npm run test:electron`: the suites of test/vscode/host in a desktop VS Code, the very ones that the tests run in
// code-server. The program is the one that VSCODE_EXECUTABLE names, else one that is downloaded once.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTests } from '@vscode/test-electron';
import { z } from 'zod';
import { packageRoot as root } from '../../emulator/common/assets.ts';
import { stagePackage } from '../package/stage.ts';
import { bundleHostTests } from '../package/test-extension.ts';
import { lastLine, TestResult, totalsOf } from '../test/results.ts';
import { findDesktop } from './desktop.ts';
import { asArgument } from './program.ts';

const desktop = await findDesktop(process.env, join(root, '.build', 'vscode-desktop'));
if ('skipped' in desktop) {
  console.log(`  - the suites in a desktop VS Code (skipped: ${desktop.skipped})`);
  report([{ title: 'a desktop VS Code', file: '', state: 'skipped', ms: 0, text: desktop.skipped }]);
} else {
  // Short, for the length that a path of a socket may have.
  const folder = realpathSync(mkdtempSync(join(process.platform === 'win32' ? tmpdir() : '/tmp', 'sle-')));
  try {
    report(await runIn(desktop.executable, folder));
  } finally {
    // Windows holds the files of what has just ended for a moment. What stays is no failure of the suites.
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }).catch((error: unknown) =>
      console.log(`  ${folder} stays: ${String(error)}`),
    );
  }
}

async function runIn(vscodeExecutablePath: string, folder: string): Promise<readonly TestResult[]> {
  const workspace = join(folder, 'work');
  const settings = join(folder, 'data', 'User');
  for (const path of [workspace, settings]) mkdirSync(path, { recursive: true });
  writeFileSync(join(settings, 'settings.json'), JSON.stringify({ 'telemetry.telemetryLevel': 'off' }));
  const service = join(workspace, 'digits');
  execFileSync(process.execPath, [join(root, 'dist', 'slipway.js'), 'new', service, '--template', 'python']);
  const extension = join(folder, 'slipway');
  stagePackage(root, extension);
  const results = join(folder, 'results');
  let failure = 'it ended without results';
  await runTests({
    vscodeExecutablePath,
    extensionDevelopmentPath: asArgument(extension),
    extensionTestsPath: asArgument(await bundleHostTests(root, join(folder, 'tests'))),
    launchArgs: [
      asArgument(workspace),
      ...['--user-data-dir', asArgument(join(folder, 'data'))],
      ...['--extensions-dir', asArgument(join(folder, 'extensions'))],
      ...['--disable-extensions', '--disable-telemetry'],
    ],
    extensionTestsEnv: {
      SLIPWAY_HOST_MOCHA: root,
      SLIPWAY_HOST_RESULTS: results,
      SLIPWAY_HOME: join(folder, 'home'),
      // Where a shell of an editor starts this, its own program would run as plain Node.
      ELECTRON_RUN_AS_NODE: undefined,
    },
  }).catch((error: unknown) => (failure = String(error)));
  const file = join(results, 'folder.json');
  if (existsSync(file)) return z.array(TestResult).parse(JSON.parse(readFileSync(file, 'utf8')));
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  const blind = process.platform === 'linux' && (DISPLAY ?? WAYLAND_DISPLAY) === undefined;
  const hint = blind ? ' There is no display here: try `xvfb-run -a npm run test:electron`.' : '';
  return [{ title: 'VS Code runs the suites', file: '', state: 'failed', ms: 0, text: `${failure}.${hint}` }];
}

/** Each test with its mark, then the counts. */
function report(tests: readonly TestResult[]): void {
  for (const { title, state, ms, text } of tests) {
    if (state === 'skipped') continue;
    console.log(
      `  ${state === 'passed' ? '✓' : '✗'} ${title} (${ms.toFixed(0)} ms)${text === undefined ? '' : `\n    ${text}`}`,
    );
  }
  const totals = totalsOf([{ suite: 'electron', tests: [...tests] }]);
  console.log(lastLine(totals));
  process.exitCode = totals.failed > 0 ? 1 : 0;
}
