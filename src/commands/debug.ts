// Debug a service from its folder, a replica that serves, or a batch that was captured.
import type { Uri } from 'vscode';
import { debug, l10n, window, workspace, type WorkspaceFolder } from 'vscode';
import type { BatchSummary } from '../../schemas/batches.ts';
import { showDuration, SlipwayError } from '../../emulator/client/edge.ts';
import type { App } from '../app.ts';
import { debugType } from '../contributions/debugger.ts';
import { configurationOf } from '../debugging/configuration.ts';
import { notRunning } from '../platforms/local.ts';
import type { Service } from '../services/service.ts';
import { whyText } from '../told.ts';
import type { TasksNode } from '../views/task-nodes.ts';
import { chooseService, chooseTask, requireTrust } from './choose.ts';
import { refuse } from './outcome.ts';

export async function debugService(app: App, target: unknown): Promise<void> {
  const service = await chooseService(app, target, l10n.t('Service to debug'));
  await startDebugging(service);
}

/** Resolves when the session has begun. @throws SlipwayError `cancelled` when it does not; why was shown then */
export async function startDebugging(service: Service): Promise<void> {
  const begun = await debug.startDebugging(folderOf(service.folder), configurationOf(service));
  if (!begun) throw new SlipwayError('cancelled', 'Cancelled.');
}

export async function debugReplica(app: App, target: unknown): Promise<void> {
  requireTrust();
  const { platform, task } = await chooseTask(app, target, l10n.t('Task to debug'), ({ state }) => state !== 'stopped');
  if (platform.kind === 'remote') {
    refuse(l10n.t('Replicas of {0} run elsewhere.', platform.name), l10n.t('Debug the service on the local platform.'));
  }
  const node = target as Partial<TasksNode> | undefined;
  const replica = node?.kind === 'replica' ? { replica: node.replica?.id } : {};
  const name = l10n.t('Slipway: Debug {0}', task.name);
  await debug.startDebugging(undefined, { type: debugType, request: 'attach', name, task: task.name, ...replica });
}

/** @param target the id of a batch, or what is in a view; else the user picks one */
export async function rerunBatch(app: App, target: unknown): Promise<void> {
  requireTrust();
  const batch = /-b\d+$/.test(String(target)) ? String(target) : await pickBatch(app, target);
  const name = l10n.t('Slipway: Re-run {0}', batch);
  await debug.startDebugging(undefined, { type: debugType, request: 'launch', name, batch });
}

async function pickBatch(app: App, target: unknown): Promise<string> {
  const client = app.platforms.local.platform.connected?.client;
  if (client === undefined) throw notRunning();
  const node = target as Partial<TasksNode> | undefined;
  const task =
    node?.kind === 'task' || node?.kind === 'version' || node?.kind === 'replica' ? node.task?.name : undefined;
  const kept = await client.call('listBatches', { query: { task, order: 'newest', limit: 100 } });
  const batches = kept.batches.toSorted((one, other) => Number(other.failed > 0) - Number(one.failed > 0));
  if (batches.length === 0) refuse(l10n.t('No batch was captured.'), l10n.t('Call a task first.'));
  const picked = await window.showQuickPick(batches.map(itemOf), {
    placeHolder: l10n.t('Batch to execute again'),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (picked === undefined) throw new SlipwayError('cancelled', 'Cancelled.');
  return picked.batch;
}

function itemOf({ id, items, executeMs, failed, reason }: BatchSummary): {
  label: string;
  description: string;
  detail?: string;
  batch: string;
} {
  const time = executeMs === null ? l10n.t('lost') : showDuration(executeMs);
  return {
    label: `${failed > 0 ? '$(error)' : '$(pass)'} ${id}`,
    description:
      items === 1
        ? l10n.t('1 item · {0} · {1} failed', time, failed)
        : l10n.t('{0} items · {1} · {2} failed', items, time, failed),
    ...(reason === undefined ? {} : { detail: whyText(reason) }),
    batch: id,
  };
}

function folderOf(uri: Uri): WorkspaceFolder | undefined {
  return workspace.getWorkspaceFolder(uri);
}
