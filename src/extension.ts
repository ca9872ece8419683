// Activation: the editor waits for this file alone. The parts, with all schemas, are read in a turn of their own right after, so
// that no other extension waits for them; what the user does meanwhile waits for the promise.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ExtensionContext } from 'vscode';
import type { SlipwayApi } from './parts.ts';

export type { SlipwayApi } from './parts.ts';

export async function activate(context: ExtensionContext): Promise<SlipwayApi> {
  const startedAt = performance.now();
  await nextTurn();
  const { begin } = await import('./parts.ts');
  return begin(context, startedAt);
}
