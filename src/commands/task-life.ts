// What is done to a task that is there: stop, start, delete, roll back, move traffic, set replicas.
import { env, l10n, window } from 'vscode';
import { z } from 'zod';
import type { SlipwayClient } from '../../emulator/client/client.ts';
import type { App } from '../app.ts';
import { runVerb } from '../platforms/command-line.ts';
import type { VersionNode } from '../views/task-nodes.ts';
import { chooseTask, type ChosenTask } from './choose.ts';
import { refuse, withSteps } from './outcome.ts';
import { withWay } from './refusals.ts';

/** The client of a task's platform. @throws SlipwayError when it is not connected */
export function clientOf({ platform }: ChosenTask): SlipwayClient {
  return (
    platform.connected?.client ??
    refuse(l10n.t('{0} is not connected.', platform.name), l10n.t('Connect it from the Tasks view.'))
  );
}

const runs = ({ state }: ChosenTask['task']): boolean => state !== 'stopped';

export async function stopTask(app: App, target: unknown): Promise<void> {
  const chosen = await chooseTask(app, target, l10n.t('Task to stop'), runs);
  const { name } = chosen.task;
  if (isDebugged(app, chosen)) {
    const yes = l10n.t('Stop Debugging');
    const detail = l10n.t('The debug session ends first, and the request that it holds is answered.');
    const question = l10n.t('{0} is being debugged. Stop it all the same?', name);
    if ((await window.showWarningMessage(question, { modal: true, detail }, yes)) !== yes) return;
    await app.sessions.end(name);
  }
  await clientOf(chosen).call('stop', { params: { task: name }, body: {} });
}

const isDebugged = ({ sessions }: App, { platform, task }: ChosenTask): boolean =>
  platform.kind === 'local' && sessions.has(task.name);

export async function startTask(app: App, target: unknown): Promise<void> {
  const chosen = await chooseTask(app, target, l10n.t('Task to start'), ({ state }) => state === 'stopped');
  await clientOf(chosen).call('start', { params: { task: chosen.task.name }, body: {} });
}

export async function deleteTask(app: App, target: unknown): Promise<void> {
  const chosen = await chooseTask(app, target, l10n.t('Task to delete'));
  const { task, platform } = chosen;
  const yes = l10n.t('Delete');
  const detail = l10n.t(
    'Its versions and their state are removed. Requests that are being executed are finished first.',
  );
  const question = l10n.t('Delete {0} from {1}?', task.name, platform.name);
  const more = isDebugged(app, chosen) ? ` ${l10n.t('Its debug session ends.')}` : '';
  if ((await window.showWarningMessage(question, { modal: true, detail: detail + more }, yes)) !== yes) return;
  if (isDebugged(app, chosen)) await app.sessions.end(task.name);
  const here = platform.kind === 'local' ? app.services.named(task.name) : [];
  await Promise.all(here.map(({ folder }) => app.running.stop(folder)));
  await clientOf(chosen).call('deleteTask', { params: { task: task.name } });
}

const Moved = z.object({ version: z.string() });

/** Which version that is, is told by the platform once all traffic is there. */
export async function rollBack(app: App, target: unknown): Promise<void> {
  const chosen = await chooseTask(app, target, l10n.t('Task to roll back'), runs);
  const { platform, task } = chosen;
  clientOf(chosen);
  const remote = platform.kind === 'remote';
  const words = ['rollback', task.name, ...(remote ? ['--to', platform.name] : [])];
  const { version } = await withWay(async (way) =>
    withSteps(l10n.t('Rolling back {0}', task.name), async (progress, signal) => {
      const env = remote ? { SLIPWAY_TOKEN: await app.platforms.remotes.token(platform.name) } : {};
      return runVerb([...words, ...(way === undefined ? [] : ['--rollout', way])], Moved, { signal, progress, env });
    }),
  );
  void window.showInformationMessage(l10n.t('{0} is back on {1}.', task.name, version));
}

export async function activateVersion(app: App, target: unknown): Promise<void> {
  const chosen = await chooseTask(app, target, l10n.t('Task'), runs);
  const version = (target as Partial<VersionNode> | undefined)?.version?.id ?? (await pickVersion(chosen));
  if (version === undefined) return;
  const params = { task: chosen.task.name };
  await withWay((rollout) =>
    clientOf(chosen).call('activate', { params, body: { version, ...(rollout === undefined ? {} : { rollout }) } }),
  );
}

async function pickVersion({ task }: ChosenTask): Promise<string | undefined> {
  const items = task.versions.map(({ id, name, state }) => ({ label: id, description: [name, state].join(' ') }));
  return (await window.showQuickPick(items, { placeHolder: l10n.t('Version to send all traffic to') }))?.label;
}

export async function setReplicas(app: App, target: unknown): Promise<void> {
  const chosen = await chooseTask(app, target, l10n.t('Task whose replicas to set'), runs);
  const version = (target as Partial<VersionNode> | undefined)?.version;
  const active = chosen.task.versions.find(({ id }) => id === chosen.task.activeVersion);
  const before = (version ?? active)?.replicas.wanted ?? 1;
  const answer = await window.showInputBox({
    title: l10n.t('Replicas of {0}', version === undefined ? chosen.task.name : `${chosen.task.name} ${version.id}`),
    value: String(before),
    validateInput: (value) => (/^(0|[1-9][0-9]{0,2})$/.test(value) ? undefined : l10n.t('A number from 0 to 999.')),
  });
  if (answer === undefined) return;
  const body = { replicas: Number(answer), ...(version === undefined ? {} : { version: version.id }) };
  await clientOf(chosen).call('scale', { params: { task: chosen.task.name }, body });
}

export async function copyUrl(app: App, target: unknown): Promise<void> {
  const { task } = await chooseTask(app, target, l10n.t('Task'));
  await env.clipboard.writeText(task.url);
  window.setStatusBarMessage(l10n.t('Copied {0}', task.url), 3_000);
}
