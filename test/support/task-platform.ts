// A whole platform in a process of its own, driven through `slipway` and asked through its gateway.
import { connect, startPlatform } from '../../emulator/client/local-platform.ts';
import { homeAt } from '../../emulator/common/home.ts';
import { slipwayJson } from './command-line.ts';
import { inTemporaryFolder } from './temporary-folder.ts';
import { isAlive } from './process-table.ts';
import { until } from './waiting.ts';

export interface TaskPlatform {
  readonly folder: string;
  /** Port of the gateway. */
  readonly port: number;
  /** Runs a command that has to work; its JSON. */
  slipway(...words: string[]): Promise<unknown>;
}

/** Runs `use` with a platform, which is gone afterwards. */
export function onPlatform(use: (platform: TaskPlatform) => Promise<void>): Promise<void> {
  return inTemporaryFolder(async (folder) => {
    const home = homeAt(`${folder}/home`);
    const { child, pid, inference, ...info } = await startPlatform({ home, life: 'tied' });
    try {
      const slipway = (...words: string[]): Promise<unknown> => slipwayJson(words, { home: home.root, cwd: folder });
      await use({ folder, port: Number(new URL(inference).port), slipway });
    } finally {
      const client = await connect(info);
      await client.call('shutdown', { body: {} }).catch(() => undefined);
      await client.close();
      child!.stdin!.end();
      await until(() => !isAlive(pid), 60_000);
    }
  });
}
