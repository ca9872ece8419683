// Follows a page of docs/how-to as a reader would: its files are written, its commands typed, one after the other.
//
//   ```json chat/slipway.json     a block whose first line names a file is written to it
//   ```sh                         each line of a shell block is a command
//   | `slipway …` | … |           so is each command in the first column of a table
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../emulator/common/assets.ts';

const run = promisify(execFile);

export type Instruction =
  | { readonly kind: 'file'; readonly path: string; readonly text: string }
  | { readonly kind: 'command'; readonly line: string };

export interface FollowOptions {
  /** Where the reader is. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** What stands for a word in capitals, such as BATCH. */
  readonly given?: Readonly<Record<string, () => Promise<string>>>;
  /** Called before the command that begins so, for what the page says in words. */
  readonly before?: Readonly<Record<string, () => Promise<void>>>;
}

export interface Followed {
  readonly line: string;
  readonly stdout: string;
}

export function readPage(name: string): string {
  return readFileSync(join(packageRoot, 'docs', 'how-to', `${name}.md`), 'utf8');
}

/** What a page asks its reader to do, in its order. */
export function instructionsOf(page: string): Instruction[] {
  const found: Instruction[] = [];
  const parts = page.matchAll(/^```(\S*)(?: +(\S+))?\n([\s\S]*?)^```|^\| (`[^|]*) \|/gm);
  for (const [, language, path, text = '', cell] of parts) {
    if (path !== undefined) found.push({ kind: 'file', path, text });
    else if (language === 'sh') {
      for (const line of text.split('\n')) if (line.trim() !== '') found.push({ kind: 'command', line });
    } else if (cell !== undefined) {
      for (const [, line = ''] of cell.matchAll(/`(slipway [^`]*)`/g)) found.push({ kind: 'command', line });
    }
  }
  return found;
}

/** Each command must end with 0. @throws Error with the command and all that it printed */
export async function follow(instructions: readonly Instruction[], options: FollowOptions): Promise<Followed[]> {
  const { cwd, given = {}, before = {} } = options;
  const env = { ...options.env, PATH: `${slipwayOnPath(cwd)}${delimiter}${options.env['PATH'] ?? ''}`, NO_COLOR: '1' };
  const followed: Followed[] = [];
  for (const instruction of instructions) {
    if (instruction.kind === 'file') {
      mkdirSync(dirname(join(cwd, instruction.path)), { recursive: true });
      writeFileSync(join(cwd, instruction.path), instruction.text);
      continue;
    }
    for (const [beginning, act] of Object.entries(before)) if (instruction.line.startsWith(beginning)) await act();
    let line = instruction.line;
    for (const [word, value] of Object.entries(given)) {
      if (line.includes(word)) line = line.replaceAll(word, await value());
    }
    try {
      const { stdout } = await run('sh', ['-ec', line], { cwd, env, timeout: 300_000 });
      followed.push({ line, stdout });
    } catch (error) {
      const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string };
      throw new Error(`${line}: ended with ${String(code)}\n${stdout}${stderr}`, { cause: error });
    }
  }
  return followed;
}

/** A folder with a program `slipway`, as a reader has it. */
function slipwayOnPath(cwd: string): string {
  const folder = join(cwd, '.bin');
  mkdirSync(folder, { recursive: true });
  const program = join(folder, 'slipway');
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${join(packageRoot, 'dist', 'slipway.js')}" "$@"\n`);
  chmodSync(program, 0o755);
  return folder;
}
