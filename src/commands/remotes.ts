// Add, remove and mend remotes.
import { l10n, window } from 'vscode';
import { SlipwayError, toSlipwayError } from '../../emulator/client/edge.ts';
import { refusePlainText } from '../../emulator/client/trust.ts';
import { RemoteName } from '../../schemas/remotes.ts';
import type { App } from '../app.ts';
import type { WatchedPlatform } from '../platforms/watched-platform.ts';
import { problemText } from '../told.ts';
import { refuse, withSteps } from './outcome.ts';
import { ask, askText, isAnswer, issueText, type StepFrame } from './steps.ts';

interface Wanted {
  name: string;
  url: string;
  token: string;
}

/** Asks for a remote, tries it, and keeps it. @throws SlipwayError `cancelled` when the user gave up */
export async function askRemote(app: App): Promise<WatchedPlatform> {
  const { remotes } = app.platforms;
  await remotes.read();
  const wanted: Wanted = { name: '', url: '', token: '' };
  const taken = (name: string): boolean => remotes.remote(name) !== undefined;
  const steps = [askUrl, askName(taken), askToken];
  if (!(await ask(l10n.t('Add Remote'), wanted, steps))) throw new SlipwayError('cancelled', 'Cancelled.');
  const { name, url, token } = wanted;
  await withSteps(l10n.t('Connecting to {0}', url), (_, signal) => remotes.add(name, url, token, signal));
  const platform = remotes.all.find((one) => one.name === name);
  return platform ?? refuse(l10n.t('{0} was removed meanwhile.', name), l10n.t('Add it again.'));
}

export async function addRemote(app: App): Promise<void> {
  const { name } = await askRemote(app);
  void window.showInformationMessage(l10n.t('{0} can be published to.', name));
}

async function askUrl(frame: StepFrame, wanted: Wanted): Promise<unknown> {
  const answer = await askText(frame, {
    prompt: l10n.t('URL of the platform'),
    placeholder: 'https://models.example.com',
    value: wanted.url,
    validate: urlProblem,
  });
  if (isAnswer(answer)) wanted.url = answer;
  return answer;
}

function urlProblem(value: string): string | undefined {
  try {
    const url = new URL(value);
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return l10n.t('Use https://…');
    refusePlainText(url);
    return undefined;
  } catch (error) {
    return error instanceof SlipwayError ? problemText(error) : l10n.t('Use https://…');
  }
}

function askName(taken: (name: string) => boolean): (frame: StepFrame, wanted: Wanted) => Promise<unknown> {
  return async (frame, wanted) => {
    const answer = await askText(frame, {
      prompt: l10n.t('Name of the remote'),
      placeholder: 'staging',
      value: wanted.name,
      validate: (value) =>
        taken(value) ? l10n.t('There is a remote of this name.') : issueText(RemoteName.safeParse(value).error),
    });
    if (isAnswer(answer)) wanted.name = answer;
    return answer;
  };
}

async function askToken(frame: StepFrame, wanted: Wanted): Promise<unknown> {
  const answer = await askText(frame, {
    prompt: l10n.t('Token, as its administrator gave it to you. It is kept in the secret storage of the editor.'),
    value: '',
    password: true,
    validate: (value) => (value.trim() === '' ? l10n.t('A token is needed.') : undefined),
  });
  if (isAnswer(answer)) wanted.token = answer.trim();
  return answer;
}

function remoteOf(app: App, target: unknown): WatchedPlatform {
  const name = (target as Partial<WatchedPlatform> | undefined)?.name ?? nameOfNode(target);
  const found = app.platforms.remotes.all.find((one) => one.name === name);
  return found ?? refuse(l10n.t('No remote was chosen.'), l10n.t('Use the item in the Remotes view.'));
}

function nameOfNode(target: unknown): string | undefined {
  return (target as { platform?: WatchedPlatform } | undefined)?.platform?.name;
}

export async function removeRemote(app: App, target: unknown): Promise<void> {
  if (app.platforms.remotes.all.length === 0) {
    refuse(l10n.t('There is no remote.'), l10n.t('Add one with "Slipway: Add Remote…".'));
  }
  const picked =
    target ?? (await window.showQuickPick(app.platforms.remotes.all.map(({ name }) => ({ label: name, name }))));
  if (picked === undefined) return;
  const { name } = remoteOf(app, picked);
  const yes = l10n.t('Remove');
  const detail = l10n.t('Its tasks stay as they are. Its token is forgotten here.');
  if ((await window.showWarningMessage(l10n.t('Remove the remote {0}?', name), { modal: true, detail }, yes)) !== yes)
    return;
  await app.platforms.remotes.remove(name);
}

export async function setToken(app: App, target: unknown): Promise<void> {
  const { name } = remoteOf(app, target);
  const wanted: Wanted = { name, url: '', token: '' };
  if (!(await ask(l10n.t('Token of {0}', name), wanted, [askToken]))) return;
  await withSteps(l10n.t('Connecting to {0}', name), (_, signal) =>
    app.platforms.remotes.setToken(name, wanted.token, signal),
  );
}

export async function reconnect(app: App, target: unknown): Promise<void> {
  const platform = remoteOf(app, target);
  await app.platforms.remotes.connect(platform.name);
  if (platform.standing.state === 'failed') throw toSlipwayError(platform.standing.error);
}
