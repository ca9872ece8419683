// slipway down: stops the local platform after its requests are answered.
import { z } from 'zod';
import { stopPlatform } from '../../client/local-platform.ts';
import { exitCode } from '../failure.ts';
import { defineVerb } from '../verb.ts';

const words = {
  stopped: 'The local platform is stopped.',
  killed: 'The local platform did not stop by itself and was killed.',
  absent: 'No local platform was running.',
} as const;

export const down = defineVerb({
  name: 'down',
  summary: 'Stop the local platform; its tasks are there again after `slipway up`',
  options: [['--force', 'kill it when it does not stop within 3 seconds']],
  input: z.strictObject({ force: z.boolean().default(false) }),
  async run(session, { force }) {
    session.progress.step('Stopping the local platform');
    const outcome = await stopPlatform(session.home, { force: force ? 'kill' : 'never', signal: session.signal });
    session.print({ state: outcome }, () => [words[outcome]]);
    return exitCode.done;
  },
});
