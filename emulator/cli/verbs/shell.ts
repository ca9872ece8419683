// slipway shell: a shell where a replica runs, in its container or with the environment of its process.
import { join } from 'node:path';
import { z } from 'zod';
import type { PlatformView } from '../../../schemas/api.ts';
import type { ReplicaView, TaskView } from '../../../schemas/tasks.ts';
import { SlipwayError } from '../../common/errors.ts';
import { connectDocker, dockerAddress, showAddress } from '../../docker/connection.ts';
import { containerShell } from '../../docker/container-shell.ts';
import { statusOf } from '../../docker/docker-error.ts';
import { exitCode, type ExitCode } from '../failure.ts';
import { processShell, type ProcessShell } from '../process-shell.ts';
import { prepareEnvironment } from '../service-environment.ts';
import type { Session } from '../session.ts';
import { terminalStreams } from '../terminal.ts';
import { defineVerb } from '../verb.ts';

/** With --json only what would be opened is told. */
type Place =
  | { readonly kind: 'container'; readonly container: string }
  | ({ readonly kind: 'process' } & Omit<ProcessShell, 'replica'>);

export const shell = defineVerb({
  name: 'shell',
  summary: 'Open a shell in a replica: in its container, or with the environment of its process',
  arguments: [
    ['<task>', 'name of the task'],
    ['[replica]', 'id of the replica (default: the first that is ready)'],
  ],
  input: z.strictObject({ task: z.string(), replica: z.string().optional() }),
  async run(session, input): Promise<ExitCode> {
    const { client } = await session.connect();
    const { signal, terminal } = session;
    const [platform, task] = await Promise.all([
      client.call('getPlatform', {}, { signal }),
      client.call('getTask', { params: { task: input.task } }, { signal }),
    ]);
    const replica = chosen(task, input.replica);
    const place = await placeOf(session, platform, task, replica);
    session.progress.end();
    if (session.json) {
      session.print({ task: task.name, replica: replica.id, ...place }, () => []);
      return exitCode.done;
    }
    if (place.kind === 'process') {
      session.say(`${replica.id}: ${place.python}, in ${place.folder}`);
      await processShell(terminal, { ...place, replica: replica.id }, signal);
      return exitCode.done;
    }
    session.say(`${replica.id}: container ${place.container.slice(0, 12)}`);
    const streams = terminalStreams(terminal);
    try {
      await containerShell(connectDocker(), place.container, streams, signal);
    } catch (error) {
      if (!(error instanceof SlipwayError) || statusOf(error.cause) !== 404) throw error;
      const hint = 'Set DOCKER_HOST as it was for `slipway up`.';
      const where = showAddress(dockerAddress());
      throw new SlipwayError('shell_unsupported', `The Docker Engine at ${where} has no such container.`, { hint });
    } finally {
      streams.close();
    }
    return exitCode.done;
  },
});

/** @throws SlipwayError replica_not_found, state_conflict */
function chosen(task: TaskView, id: string | undefined): ReplicaView {
  const runs = ({ pid, container }: ReplicaView): boolean => pid !== null || container !== undefined;
  if (id === undefined) {
    const found = task.replicas.find((one) => one.state === 'ready') ?? task.replicas.find(runs);
    if (found !== undefined) return found;
    throw new SlipwayError('state_conflict', `${task.name} is ${task.state} and has no replica that runs.`);
  }
  const found = task.replicas.find((one) => one.id === id);
  if (found === undefined) throw new SlipwayError('replica_not_found', `${task.name} has no replica ${id}.`);
  if (runs(found)) return found;
  throw new SlipwayError('state_conflict', `${id} is ${found.state} and does not run.`);
}

/** @throws SlipwayError shell_unsupported where replicas are out of reach */
async function placeOf(
  session: Session,
  { engine }: PlatformView,
  task: TaskView,
  { id, version: versionId, container }: ReplicaView,
): Promise<Place> {
  if (engine === 'kubernetes') {
    const hint = `Use \`kubectl exec -it ${id} -c worker -- sh\`, with the rights that the cluster gives you.`;
    throw new SlipwayError('shell_unsupported', `${id} is a pod of a cluster.`, { hint });
  }
  if (session.remote !== undefined) {
    throw new SlipwayError('shell_unsupported', `Replicas of ${session.remote} run on another machine.`, {
      hint: `Run \`slipway shell ${task.name} ${id}\` there.`,
    });
  }
  if (container !== undefined) return { kind: 'container', container };
  const version = task.versions.find((one) => one.id === versionId);
  if (version === undefined) throw new SlipwayError('version_not_found', `${task.name} has no version ${versionId}.`);
  const folder = join(session.home.bundles, version.bundle.replace(/^sha256:/, ''));
  const { python } = await prepareEnvironment(session, folder);
  return { kind: 'process', python, folder, variables: version.manifest.environment };
}
