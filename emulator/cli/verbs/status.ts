// slipway status: one task with its versions and replicas, or the whole platform.
import { z } from 'zod';
import { exitCode } from '../failure.ts';
import { showDuration } from '../figures.ts';
import { showNodes, showTask, showTasks } from '../show-task.ts';
import { defineVerb } from '../verb.ts';

export const status = defineVerb({
  name: 'status',
  summary: 'Show the state of a task, or of the platform',
  arguments: [['[task]', 'name of the task']],
  input: z.strictObject({ task: z.string().optional() }),
  async run(session, { task }) {
    const { client, info } = await session.connect();
    const options = { signal: session.signal };
    const now = session.clock.now();
    if (task !== undefined) {
      const view = await client.call('getTask', { params: { task } }, options);
      session.print(view, () => showTask(session, view, now));
      return exitCode.done;
    }
    const [platform, { nodes }, { tasks }] = await Promise.all([
      client.call('getPlatform', {}, options),
      client.call('listNodes', {}, options),
      client.call('listTasks', {}, options),
    ]);
    session.print({ platform, nodes, tasks }, () => [
      `${session.remote === undefined ? 'Local platform' : `Remote ${session.remote},`} ${platform.version} (${platform.engine} engine, process ${platform.pid}), up for ` +
        showDuration(now - platform.startedAt),
      `inference  ${platform.inference}`,
      `control    ${info.control}`,
      '',
      ...showNodes(session, nodes),
      '',
      ...showTasks(session, tasks),
    ]);
    return exitCode.done;
  },
});
