// slipway delete: a task with its versions, for good.
import { createInterface } from 'node:readline/promises';
import { z } from 'zod';
import { SlipwayError } from '../../common/errors.ts';
import { exitCode } from '../failure.ts';
import { awaitQuiet } from '../move-traffic.ts';
import type { Session } from '../session.ts';
import { defineVerb } from '../verb.ts';

export const deleteTask = defineVerb({
  name: 'delete',
  summary: 'Delete a task and its versions after draining it',
  arguments: [['<task>', 'name of the task']],
  options: [['-y, --yes', 'do not ask']],
  input: z.strictObject({ task: z.string(), yes: z.boolean().default(false) }),
  async run(session, { task, yes }) {
    const { client } = await session.connect();
    const { signal } = session;
    const view = await client.call('getTask', { params: { task } }, { signal });
    if (!yes && !(await confirm(session, `Delete ${task} with ${view.versions.length} of its versions?`))) {
      session.print({ task, state: view.state }, () => [`${task} was not deleted.`]);
      return exitCode.user;
    }
    await client.call('deleteTask', { params: { task } }, { signal });
    await awaitQuiet(session, client, task);
    session.print({ task, state: 'deleted' }, () => [`${task} is deleted.`]);
    return exitCode.done;
  },
});

async function confirm(session: Session, question: string): Promise<boolean> {
  const { terminal, signal } = session;
  if (terminal.stdin.isTTY !== true) {
    throw new SlipwayError('usage', 'Deleting wants a yes, and there is no terminal to ask at.', {
      hint: 'Add --yes.',
    });
  }
  const lines = createInterface({ input: terminal.stdin });
  terminal.stderr.write(`${question} [y/N] `);
  try {
    const answer = await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve);
      lines.once('close', () => resolve(''));
      signal.addEventListener('abort', () => reject(new SlipwayError('cancelled', 'Cancelled.')), { once: true });
    });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
