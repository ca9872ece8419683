// slipway logs: what the replicas of a task printed.
import { z } from 'zod';
import { exitCode } from '../failure.ts';
import { showLogLine } from '../show-event.ts';
import { WholeNumber, defineVerb } from '../verb.ts';

export const logs = defineVerb({
  name: 'logs',
  summary: 'Show what a service printed',
  arguments: [['<task>', 'name of the task']],
  options: [
    ['-f, --follow', 'go on showing new lines'],
    ['-n, --limit <lines>', 'how many of the last lines to show (default: 200)'],
    ['--from <number>', 'start at the line of this number'],
    ['--replica <replica>', 'only lines of this replica'],
  ],
  input: z.strictObject({
    task: z.string(),
    follow: z.boolean().default(false),
    limit: WholeNumber.default(200),
    from: WholeNumber.optional(),
    replica: z.string().optional(),
  }),
  async run(session, { task, follow, limit, from, replica }) {
    const { client } = await session.connect();
    const { signal } = session;
    const query = { limit, from, replica };
    const page = await client.call('getLogs', { params: { task }, query }, { signal });
    const show = (line: (typeof page.lines)[number]): void =>
      session.print(line, () => [showLogLine(line, session.paint)]);
    if (session.json && !follow) session.print(page, () => []);
    else page.lines.forEach(show);
    if (!follow) return exitCode.done;
    for await (const line of client.logs(task, { from: page.next, signal, ...(replica && { replica }) })) show(line);
    return exitCode.interrupted;
  },
});
