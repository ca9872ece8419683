// Open Shell in Replica: a terminal in its container, or with the environment of its process.
import { join } from 'node:path';
import { l10n, ThemeIcon, window } from 'vscode';
import { packageRoot, SlipwayError } from '../../emulator/client/edge.ts';
import type { ReplicaView } from '../../schemas/tasks.ts';
import type { App } from '../app.ts';
import { readSettings } from '../platforms/settings.ts';
import { stateIcon } from '../views/state-icon.ts';
import { stateText } from '../views/state-text.ts';
import type { TasksNode } from '../views/task-nodes.ts';
import { chooseTask, requireTrust, type ChosenTask } from './choose.ts';
import { refuse } from './outcome.ts';

export async function openShell(app: App, target: unknown): Promise<void> {
  requireTrust();
  const chosen = await chooseTask(app, target, l10n.t('Task of the replica'), ({ state }) => state !== 'stopped');
  const { platform, task } = chosen;
  const replica = await chooseReplica(chosen, target);
  if (platform.connected?.about.engine === 'kubernetes') {
    refuse(
      l10n.t('{0} is a pod of a cluster.', replica.id),
      l10n.t('Use: kubectl exec -it {0} -c worker -- sh', replica.id),
    );
  }
  if (platform.kind === 'remote') {
    refuse(
      l10n.t('Replicas of {0} run elsewhere.', platform.name),
      l10n.t('On that machine: slipway shell {0} {1}', task.name, replica.id),
    );
  }
  const { home, python } = readSettings();
  const terminal = window.createTerminal({
    name: replica.id,
    iconPath: new ThemeIcon('server-process'),
    // The editor's own program as plain Node: a user needs no Slipway on the path.
    shellPath: process.execPath,
    shellArgs: [join(packageRoot, 'dist', 'slipway.js'), 'shell', task.name, replica.id],
    env: {
      ELECTRON_RUN_AS_NODE: '1',
      ...(home === '' ? {} : { SLIPWAY_HOME: home }),
      ...(python === '' ? {} : { SLIPWAY_PYTHON: python }),
    },
    isTransient: true,
  });
  terminal.show();
}

/** The item that it was called on, the only one that runs, or one that the user picks. */
async function chooseReplica({ task }: ChosenTask, target: unknown): Promise<ReplicaView> {
  const node = target as Partial<TasksNode> | undefined;
  const given = node?.kind === 'replica' ? (node as { replica: ReplicaView }).replica : undefined;
  const running = task.replicas.filter(({ pid, container }) => pid !== null || container !== undefined);
  if (given !== undefined && !running.some(({ id }) => id === given.id)) {
    refuse(l10n.t('{0} does not run.', given.id), l10n.t('Choose a replica that does.'));
  }
  if (given !== undefined) return given;
  const [first, ...more] = running;
  if (first === undefined) {
    refuse(l10n.t('{0} has no replica that runs.', task.name), l10n.t('Start the task first.'));
  }
  if (more.length === 0) return first;
  const picked = await window.showQuickPick(
    running.map((replica) => ({
      label: replica.id,
      description: [stateText(replica.state), replica.node ?? ''].join(' · '),
      iconPath: stateIcon(replica.state),
      replica,
    })),
    { placeHolder: l10n.t('Replica to open a shell in') },
  );
  if (picked === undefined) throw new SlipwayError('cancelled', 'Cancelled.');
  return picked.replica;
}
