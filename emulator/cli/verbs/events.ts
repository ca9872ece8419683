// slipway events: what happened on the platform.
import { z } from 'zod';
import { exitCode, type ExitCode } from '../failure.ts';
import { showEvent } from '../show-event.ts';
import type { SlipwayClient } from '../../client/client.ts';
import type { Session } from '../session.ts';
import { WholeNumber, defineVerb } from '../verb.ts';

export const events = defineVerb({
  name: 'events',
  summary: 'Show what happened on the platform',
  arguments: [['[task]', 'only events of this task']],
  options: [
    ['-f, --follow', 'go on showing new events'],
    ['-n, --limit <events>', 'how many of the last events to show (default: 200)'],
    ['--from <number>', 'start at the event of this number'],
    ['--why', 'why there are as many replicas as there are: the decisions of scaling'],
  ],
  input: z.strictObject({
    task: z.string().optional(),
    follow: z.boolean().default(false),
    limit: WholeNumber.default(200),
    from: WholeNumber.optional(),
    why: z.boolean().default(false),
  }),
  async run(session, { task, follow, limit, from, why }) {
    const { client } = await session.connect();
    const { signal } = session;
    if (why) return explain(session, client, { task, limit, from });
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

/** The decisions of one task, or of all. */
async function explain(
  session: Session,
  client: SlipwayClient,
  { task, limit, from }: { task: string | undefined; limit: number; from: number | undefined },
): Promise<ExitCode> {
  const { signal } = session;
  const listed =
    task === undefined ? (await client.call('listTasks', {}, { signal })).tasks.map(({ name }) => name) : [task];
  const pages = await Promise.all(
    listed.map((name) => client.call('listDecisions', { params: { task: name }, query: { limit, from } }, { signal })),
  );
  const decisions = pages.flatMap(({ events: some }) => some).sort((one, other) => one.seq - other.seq);
  const none = 'No decision yet: no number of replicas was changed, by hand or by the load.';
  session.print({ events: decisions }, () =>
    decisions.length === 0 ? [none] : decisions.map((event) => showEvent(event, session.paint)),
  );
  return exitCode.done;
}
