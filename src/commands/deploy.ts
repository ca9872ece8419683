// Deploy, Publish to Remote, Update Model: the same bundle, to where the user wants it.
import { l10n, window } from 'vscode';
import { SlipwayError } from '../../emulator/client/edge.ts';
import type { App } from '../app.ts';
import type { WatchedPlatform } from '../platforms/watched-platform.ts';
import { sourceOf } from '../services/source.ts';
import { chooseService, chooseTask } from './choose.ts';
import { askRollout, deployTo } from './deploying.ts';
import { askRemote } from './remotes.ts';

export async function deploy(app: App, target: unknown): Promise<void> {
  const service = await chooseService(app, target, l10n.t('Service to deploy'));
  const platform = app.platforms.local.platform;
  const rollout = await askRollout(l10n.t('Deploy {0}', service.name), platform, service.name);
  if (rollout !== undefined) await deployTo(app, { service, platform, ...rollout });
}

export async function publish(app: App, target: unknown): Promise<void> {
  const service = await chooseService(app, target, l10n.t('Service to publish'));
  const platform = await chooseRemote(app);
  const rollout = await askRollout(l10n.t('Publish {0} to {1}', service.name, platform.name), platform, service.name);
  if (rollout !== undefined) await deployTo(app, { service, platform, ...rollout });
}

async function chooseRemote(app: App): Promise<WatchedPlatform> {
  const { remotes } = app.platforms;
  await remotes.read();
  const add = { label: `$(add) ${l10n.t('Add Remote…')}`, platform: undefined };
  const items = remotes.all.map((platform) => ({
    label: platform.name,
    description: remotes.remote(platform.name)?.url ?? '',
    platform,
  }));
  const picked =
    items.length === 0
      ? add
      : await window.showQuickPick([...items, add], { placeHolder: l10n.t('Remote to publish to') });
  if (picked === undefined) throw new SlipwayError('cancelled', 'Cancelled.');
  const platform = picked.platform ?? (await askRemote(app));
  if (platform.standing.state !== 'ready') await remotes.connect(platform.name);
  if (platform.standing.state === 'failed') throw platform.standing.error;
  return platform;
}

/** A new version of a task that is there, from the service that it was made of. */
export async function updateModel(app: App, target: unknown): Promise<void> {
  const { platform, task } = await chooseTask(app, target, l10n.t('Task to update'));
  const named = app.services.named(task.name);
  const service = await chooseService(
    app,
    sourceOf(app, task.name),
    l10n.t('Service whose model to deploy'),
    named.length === 0 ? app.services.all : named,
  );
  const rollout = await askRollout(l10n.t('Update {0}', task.name), platform, task.name);
  if (rollout !== undefined) await deployTo(app, { service, platform, task: task.name, ...rollout });
}
