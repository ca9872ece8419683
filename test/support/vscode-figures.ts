// What the tests in the editor measured: told together after the last of them, and kept in .build/test-results/vscode-figures.txt.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'mocha';
import { packageRoot } from '../../emulator/common/assets.ts';

const folder = join(packageRoot, '.build', 'test-results');
const lines: string[] = [];

/** @param line such as `activation: 12 ms`; figures are told, and gate nothing */
export function figure(line: string): void {
  lines.push(line);
}

// In no group: after the last test of the run.
after(() => {
  if (lines.length === 0) return;
  console.log(['', '  measured', ...lines.map((line) => `    ${line}`)].join('\n'));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'vscode-figures.txt'), lines.map((line) => `${line}\n`).join(''));
});
