// slipway parity: what will be different elsewhere, before anything is published there.
import { z } from 'zod';
import type { SlipwayClient } from '../../client/client.ts';
import { SlipwayError } from '../../common/errors.ts';
import { exitCode } from '../failure.ts';
import { compareFacts, differing, type PlatformFacts } from '../parity.ts';
import { defineVerb } from '../verb.ts';

export const parity = defineVerb({
  name: 'parity',
  reach: 'local',
  summary: 'Show in what a remote differs from the local platform',
  arguments: [['<remote>', 'name of the remote']],
  options: [['--all', 'what is the same, too']],
  input: z.strictObject({ remote: z.string(), all: z.boolean().default(false) }),
  async run(session, { remote, all }) {
    const { client: local } = await session.connectOrStart();
    const { client: other } = await session.connectRemote(remote);
    session.progress.step(`Comparing with ${remote}`);
    const here = await factsOf('local', local, session.signal);
    const there = await factsOf(remote, other, session.signal);
    const rows = compareFacts(here, there);
    const shown = all ? rows : differing(rows);
    const same = rows.length - differing(rows).length;
    session.print({ here: here.platform, there: there.platform, differences: differing(rows), same }, () => [
      ...session.table(
        [{ title: 'TOPIC' }, { title: 'LOCAL' }, { title: remote.toUpperCase() }],
        shown.map((row) => [{ text: row.topic }, { text: row.here }, { text: row.there }]),
      ),
      `${rows.length - same} of ${rows.length} topics differ. A service itself is compared by \`slipway check --target ${remote}\`.`,
    ]);
    return exitCode.done;
  },
});

async function factsOf(name: string, client: SlipwayClient, signal: AbortSignal): Promise<PlatformFacts> {
  const options = { signal };
  const [platform, traits, faults, target] = await Promise.all([
    client.call('getPlatform', {}, options),
    client.call('getTraits', {}, options),
    client.call('getFaults', {}, options),
    client.call('getTarget', {}, options).catch((error: unknown) => {
      if (error instanceof SlipwayError && error.code === 'target_unknown') return undefined;
      throw error;
    }),
  ]);
  return { name, platform, traits, faults, target };
}
