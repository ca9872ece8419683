// slipway events: what happened on the platform.
import { z } from 'zod';
import { exitCode } from '../failure.ts';
import { showEvent } from '../show-event.ts';
import { WholeNumber, defineVerb } from '../verb.ts';

export const events = defineVerb({
  name: 'events',
  summary: 'Show what happened on the platform',
  arguments: [['[task]', 'only events of this task']],
  options: [
    ['-f, --follow', 'go on showing new events'],
    ['-n, --limit <events>', 'how many of the last events to show (default: 200)'],
    ['--from <number>', 'start at the event of this number'],
  ],
  input: z.strictObject({
    task: z.string().optional(),
    follow: z.boolean().default(false),
    limit: WholeNumber.default(200),
    from: WholeNumber.optional(),
  }),
  async run(session, { task, follow, limit, from }) {
    const { client } = await session.connect();
    const { signal } = session;
    const page = await client.call('listEvents', { query: { limit, from, task } }, { signal });
    const show = (event: (typeof page.events)[number]): void =>
      session.print(event, () => [showEvent(event, session.paint)]);
    if (session.json && !follow) session.print(page, () => []);
    else page.events.forEach(show);
    if (!follow) return exitCode.done;
    for await (const event of client.events({ from: page.next, signal, ...(task && { task }) })) show(event);
    return exitCode.interrupted;
  },
});
