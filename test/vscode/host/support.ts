// The extension under test, what it tells, and waiting for what an editor does in its own time.
import assert from 'node:assert/strict';
import { createHook } from 'node:async_hooks';
import { commands, extensions, Uri, workspace, type Extension } from 'vscode';
import type { Reason } from '../../../schemas/errors.ts';
import type { SlipwayClient } from '../../../emulator/client/client.ts';
import { homeAt } from '../../../emulator/client/edge.ts';
import { connect, findPlatform } from '../../../emulator/client/local-platform.ts';

export async function slipway<Api = unknown>(): Promise<Extension<Api>> {
  const extension = extensions.getExtension<Api>('slipway.slipway');
  if (extension === undefined) throw new Error('slipway.slipway is not installed');
  await extension.activate();
  return extension;
}

export const inWorkspace = (path: string): Uri => Uri.joinPath(workspace.workspaceFolders![0]!.uri, ...path.split('/'));

/** The first value that is not undefined. */
export async function eventually<T>(look: () => Promise<T | undefined> | T | undefined, limitMs = 60_000): Promise<T> {
  const end = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`still not so after ${String(limitMs)} ms: ${look.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Runs `use` with a client of the local platform that runs. */
export async function withPlatform<T>(use: (client: SlipwayClient) => Promise<T>): Promise<T> {
  const info = await eventually(() => findPlatform(homeAt()));
  const client = await connect(info);
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

/** Kept beside a passed test: figures are told, and gate nothing. */
export function note(context: Mocha.Context, text: string): void {
  (context.test as Mocha.Runnable & { note?: string }).note = text;
}

/** Runs a command, and expects that it refuses with a sentence like this. */
export async function refuses(command: string, sentence: RegExp): Promise<void> {
  const reason = await commands.executeCommand<Reason | undefined>(command);
  assert.match(reason?.message ?? 'it refused nothing', sentence, command);
}

const counted = /^(Timeout|Immediate|HTTPCLIENTREQUEST|TCPCONNECTWRAP|PIPECONNECTWRAP|GETADDRINFOREQWRAP|PROCESSWRAP)$/;

/** Timers, requests and processes that the code of Slipway begins while `use` runs, each with where. */
export async function begun(use: () => Promise<unknown>): Promise<readonly string[]> {
  const found: string[] = [];
  const hook = createHook({
    init: (_, type) => {
      if (!counted.test(type)) return;
      const stack = new Error().stack ?? '';
      if (/[\\/]dist[\\/]extension\.cjs/.test(stack)) found.push(`${type}\n${stack}`);
    },
  }).enable();
  try {
    await use();
  } finally {
    hook.disable();
  }
  return found;
}
