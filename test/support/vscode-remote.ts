// A second platform in a process of its own, and how a user of the editor names it as a remote.
import { join } from 'node:path';
import type { SlipwayClient } from '../../emulator/client/client.ts';
import { connect, startPlatform, stopPlatform, type StartedPlatform } from '../../emulator/client/local-platform.ts';
import { homeAt } from '../../emulator/common/home.ts';
import { inTemporaryFolder } from './temporary-folder.ts';
import type { EditorWindow } from './vscode-window.ts';

export interface SecondPlatform {
  readonly admin: SlipwayClient;
  /** Its home folder, for commands there. */
  readonly home: string;
  /** Of its control API. */
  readonly url: string;
  /** It is away: nothing answers at its URL. */
  end(): Promise<void>;
  /** It is there again, at the same URL. */
  begin(): Promise<void>;
}

export function withSecondPlatform(use: (platform: SecondPlatform) => Promise<void>): Promise<void> {
  return inTemporaryFolder(async (folder) => {
    const home = homeAt(join(folder, 'there'));
    let started: StartedPlatform = await startPlatform({ home, life: 'tied' });
    const ports = { port: portOf(started.inference), controlPort: portOf(started.control) };
    const admin = await connect(started);
    const end = async (): Promise<void> => {
      await stopPlatform(home, { force: 'kill' });
    };
    const begin = async (): Promise<void> => {
      started = await startPlatform({ home, life: 'tied', ...ports });
    };
    try {
      await use({ admin, home: home.root, url: started.control, end, begin });
    } finally {
      await admin.close();
      started.child?.stdin?.end();
    }
  });
}

const portOf = (url: string): number => Number(new URL(url).port);

export async function tokenFor({ admin }: SecondPlatform, role: 'publisher' | 'admin'): Promise<string> {
  return (await admin.call('createToken', { body: { name: role, role } })).token;
}

/** Answers the questions of a command that adds a remote. */
export async function nameRemote(window: EditorWindow, platform: SecondPlatform): Promise<void> {
  await window.answer('URL of the platform', platform.url);
  await window.answer('Name of the remote', 'staging');
  await window.answer('Token', await tokenFor(platform, 'publisher'));
}
