// A version of a service on a platform: what Deploy, Publish to Remote and Update Model share.
import { commands as editor, l10n } from 'vscode';
import { z } from 'zod';
import { VersionName } from '../../schemas/ids.ts';
import type { App } from '../app.ts';
import { commandId } from '../contributions.ts';
import { runVerb } from '../platforms/command-line.ts';
import type { WatchedPlatform } from '../platforms/watched-platform.ts';
import type { Service } from '../services/service.ts';
import { offer, withSteps } from './outcome.ts';
import { withDrift, withWay } from './refusals.ts';
import { ask, askPick, askText, isAnswer, issueText, type StepFrame } from './steps.ts';

const Deployed = z.object({ task: z.string(), version: z.string(), url: z.string(), state: z.string() });

export interface Rollout {
  /** Name of the version; empty: only its number. */
  name: string;
  /** Percentage at which it stops; 0: it takes over all traffic. */
  canary: number;
}

/** Asks what is to be asked before a deploy. @returns undefined when the user gave up */
export async function askRollout(title: string, platform: WatchedPlatform, task: string): Promise<Rollout | undefined> {
  const rollout: Rollout = { name: '', canary: 0 };
  const serves = platform.tasks.some(({ name, state }) => name === task && state !== 'stopped');
  const steps = [...(serves ? [askCanary] : []), askName];
  return (await ask(title, rollout, steps)) ? rollout : undefined;
}

async function askCanary(frame: StepFrame, rollout: Rollout): Promise<unknown> {
  const answer = await askPick(frame, l10n.t('How the new version takes over'), [
    { label: l10n.t('All traffic'), description: l10n.t('replica by replica, when it is ready'), value: 0 },
    ...[5, 10, 25, 50].map((percent) => ({
      label: l10n.t('{0}% of the traffic', percent),
      description: l10n.t('and stop there until you send it all'),
      value: percent,
    })),
  ]);
  if (isAnswer(answer)) rollout.canary = answer;
  return answer;
}

async function askName(frame: StepFrame, rollout: Rollout): Promise<unknown> {
  const answer = await askText(frame, {
    prompt: l10n.t('Name of the version (may be left empty)'),
    placeholder: 'alpha',
    value: rollout.name,
    validate: (value) => (value === '' ? undefined : issueText(VersionName.safeParse(value).error)),
  });
  if (isAnswer(answer)) rollout.name = answer;
  return answer;
}

export interface DeployOrder extends Rollout {
  readonly service: Service;
  readonly platform: WatchedPlatform;
  /** Name of the task, where it is not that of the service. */
  readonly task?: string;
}

/** Packs, uploads, and waits until the version serves; each step is shown, and can be cancelled. */
export async function deployTo(app: App, order: DeployOrder): Promise<void> {
  const { service, platform, name, canary } = order;
  const remote = platform.kind === 'remote';
  const title = remote
    ? l10n.t('Publishing {0} to {1}', service.name, platform.name)
    : l10n.t('Deploying {0}', service.name);
  const words = [
    ...['deploy', service.folder.fsPath],
    ...(order.task === undefined ? [] : ['--task', order.task]),
    ...(name === '' ? [] : ['--name', name]),
    ...(canary === 0 ? [] : ['--canary', String(canary)]),
    ...(remote ? ['--to', platform.name] : []),
    '--cancel-on-interrupt',
  ];
  const send = (more: readonly string[]): Thenable<z.infer<typeof Deployed>> =>
    withSteps(title, async (progress, signal) => {
      if (!remote) {
        progress(l10n.t('Starting the local platform'));
        await app.platforms.local.ensure(signal);
      }
      const env = remote ? { SLIPWAY_TOKEN: await app.platforms.remotes.token(platform.name) } : {};
      return runVerb([...words, ...more], Deployed, { signal, progress, env });
    });
  const { task, version } = await withDrift({ service: service.name, remote: platform.name }, (drift) =>
    withWay(async (way) =>
      send([...(drift === 'ignored' ? ['--ignore-drift'] : []), ...(way === undefined ? [] : ['--rollout', way])]),
    ),
  );
  const text = remote
    ? l10n.t('{0} {1} serves on {2}.', task, version, platform.name)
    : l10n.t('{0} {1} serves.', task, version);
  offer(app.output, text, l10n.t('Call with Sample'), () => {
    const view = platform.tasks.find((one) => one.name === task);
    const target = view === undefined ? task : { kind: 'task', platform, task: view };
    return editor.executeCommand(commandId('callWithSample'), target);
  });
}
