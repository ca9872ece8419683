// A second platform in a process of its own, and how a user of the editor names it as a remote.
import { join } from 'node:path';
import type { SlipwayClient } from '../../emulator/client/client.ts';
import { connect, startPlatform } from '../../emulator/client/local-platform.ts';
import { homeAt } from '../../emulator/common/home.ts';
import { inTemporaryFolder } from './temporary-folder.ts';
import type { EditorWindow } from './vscode-window.ts';

export interface SecondPlatform {
  readonly admin: SlipwayClient;
  /** Its home folder, for commands there. */
  readonly home: string;
  /** Of its control API. */
  readonly url: string;
}

export function withSecondPlatform(use: (platform: SecondPlatform) => Promise<void>): Promise<void> {
  return inTemporaryFolder(async (folder) => {
    const home = homeAt(join(folder, 'there'));
    const started = await startPlatform({ home, life: 'tied' });
    const admin = await connect(started);
    try {
      await use({ admin, home: home.root, url: started.control });
    } finally {
      await admin.close();
      started.child?.stdin?.end();
    }
  });
}

export async function tokenFor({ admin }: SecondPlatform, role: 'publisher' | 'admin'): Promise<string> {
  return (await admin.call('createToken', { body: { name: role, role } })).token;
}

/** Answers the questions of a command that adds a remote. */
export async function nameRemote(window: EditorWindow, platform: SecondPlatform): Promise<void> {
  await window.answer('URL of the platform', platform.url);
  await window.answer('Name of the remote', 'staging');
  await window.answer('Token', await tokenFor(platform, 'publisher'));
}
