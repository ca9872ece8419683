// The extension under test, and waiting for what an editor does in its own time.
import { extensions, workspace, type Extension, Uri } from 'vscode';

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
