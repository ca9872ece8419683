// slipway down: stops the local platform after its requests are answered.
import { z } from 'zod';
import { connect, findPlatform, stopPlatform } from '../../client/local-platform.ts';
import { exitCode } from '../failure.ts';
import type { Session } from '../session.ts';
import { defineVerb } from '../verb.ts';

const words = {
  stopped: 'The local platform is stopped.',
  killed: 'The local platform did not stop by itself and was killed.',
  absent: 'No local platform was running.',
} as const;

/** Those that a debugger holds: they are not waited for. One that cannot be asked is stopped all the same. */
async function heldReplicas({ home, closer, signal }: Session): Promise<readonly string[]> {
  try {
    const info = await findPlatform(home);
    if (info === undefined) return [];
    const client = closer.add(await connect(info));
    const { tasks } = await client.call('listTasks', {}, { signal });
    const replicas = tasks.flatMap((task) => task.replicas);
    return replicas.filter(({ state }) => state === 'paused').map(({ id }) => id);
  } catch {
    return [];
  }
}

export const down = defineVerb({
  name: 'down',
  summary: 'Stop the local platform; its tasks are there again after `slipway up`',
  options: [['--force', 'kill it when it does not stop within 3 seconds']],
  input: z.strictObject({ force: z.boolean().default(false) }),
  async run(session, { force }) {
    session.progress.step('Stopping the local platform');
    const held = await heldReplicas(session);
    const outcome = await stopPlatform(session.home, { force: force ? 'kill' : 'never', signal: session.signal });
    session.print({ state: outcome, held }, () => [
      words[outcome],
      ...held.map((replica) => `${replica} was held by a debugger, and ended with what it was executing.`),
    ]);
    return exitCode.done;
  },
});
