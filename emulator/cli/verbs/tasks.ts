// slipway tasks: the tasks of the platform, one a line.
import { z } from 'zod';
import { exitCode } from '../failure.ts';
import { showTasks } from '../show-task.ts';
import { defineVerb } from '../verb.ts';

export const tasks = defineVerb({
  name: 'tasks',
  summary: 'List the tasks',
  input: z.strictObject({}),
  async run(session) {
    const { client } = await session.connect();
    const list = await client.call('listTasks', {}, { signal: session.signal });
    session.print(list, () => showTasks(session, list.tasks));
    return exitCode.done;
  },
});
