// slipway batches: what replicas executed together, the newest, the slowest or those that failed.
import { z } from 'zod';
import type { BatchSummary } from '../../../schemas/batches.ts';
import { exitCode } from '../failure.ts';
import { showDuration } from '../figures.ts';
import { shortReplica } from '../show-event.ts';
import { WholeNumber, defineVerb } from '../verb.ts';
import type { Session } from '../session.ts';

export const batches = defineVerb({
  name: 'batches',
  summary: 'List captured batches; `slipway rerun` executes one again',
  arguments: [['[task]', 'only batches of this task']],
  options: [
    ['--slow', 'the slowest first'],
    ['--failed', 'only those with failed requests'],
    ['--request <id>', 'the batch that held this request'],
    ['-n, --limit <batches>', 'how many (default: 20)'],
  ],
  input: z.strictObject({
    task: z.string().optional(),
    slow: z.boolean().default(false),
    failed: z.boolean().default(false),
    request: z.string().optional(),
    limit: WholeNumber.default(20),
  }),
  async run(session, { task, slow, failed, request, limit }) {
    const { client } = await session.connect();
    const order = failed ? 'failed' : slow ? 'slowest' : 'newest';
    const answer = await client.call(
      'listBatches',
      { query: { task, order, request, limit } },
      { signal: session.signal },
    );
    session.print(answer, () => showBatches(session, answer.batches));
    return exitCode.done;
  },
});

function showBatches(session: Session, found: readonly BatchSummary[]): string[] {
  if (found.length === 0) return ['No captured batches.'];
  const now = session.clock.now();
  return session.table(
    [
      { title: 'BATCH' },
      { title: 'REPLICA' },
      { title: 'ITEMS', align: 'right' },
      { title: 'EXECUTE', align: 'right' },
      { title: 'WAITED', align: 'right' },
      { title: 'FAILED', align: 'right' },
      { title: 'AGE', align: 'right' },
      { title: 'REASON' },
    ],
    found.map((batch) =>
      [
        batch.id,
        shortReplica(batch.replica, batch.task),
        String(batch.items),
        batch.executeMs === null ? 'lost' : showDuration(batch.executeMs),
        showDuration(batch.waitedMs),
        String(batch.failed),
        showDuration(Math.max(0, now - batch.at)),
        batch.reason?.message.split('\n', 1)[0] ?? '',
      ].map((text) => ({ text })),
    ),
  );
}
