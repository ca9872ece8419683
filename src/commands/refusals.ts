// What a platform refuses until the user has chosen: a rollout for which there is no room, and a publish that does not fit.
import { l10n, window } from 'vscode';
import { SlipwayError } from '../../emulator/client/edge.ts';
import { RolloutWay } from '../../schemas/tasks.ts';
import { toldOf } from '../told.ts';

/**
 * Asks for a rollout, and once more in the way that the user picks where there is no room for one replica more.
 * @throws SlipwayError cancelled when the user picks none
 */
export async function withWay<Result>(send: (way: RolloutWay | undefined) => Promise<Result>): Promise<Result> {
  try {
    return await send(undefined);
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code !== 'rollout_no_room') throw error;
    return send(await pickWay(error));
  }
}

async function pickWay({ message, choices }: SlipwayError): Promise<RolloutWay> {
  const items = choices.flatMap(({ value, meaning }) => {
    const way = RolloutWay.safeParse(value).data;
    return way === undefined ? [] : [{ label: wayLabel(way), detail: wayMeaning(way) ?? meaning, way }];
  });
  const picked = await window.showQuickPick(items, {
    title: l10n.t('No room for one replica more'),
    // There is one line for it: why, without what the title says already.
    placeHolder: message.replace(/^[^:]*: /, ''),
    ignoreFocusOut: true,
    matchOnDetail: true,
  });
  if (picked === undefined) throw new SlipwayError('cancelled', 'Cancelled.');
  return picked.way;
}

function wayLabel(way: RolloutWay): string {
  return {
    surge: l10n.t('As usual'),
    'one-at-a-time': l10n.t('One at a time'),
    'in-place': l10n.t('In place'),
    wait: l10n.t('Wait'),
  }[way];
}

/** Where a platform knows more ways than we do, its own words are shown. */
function wayMeaning(way: RolloutWay): string | undefined {
  switch (way) {
    case 'one-at-a-time':
      return l10n.t('An old replica ends before the new one starts: one fewer serves meanwhile');
    case 'in-place':
      return l10n.t('The old replicas end first: requests wait until the new ones are ready');
    case 'wait':
      return l10n.t('It begins once a node has room for one replica more');
    case 'surge':
      return undefined;
  }
}

/**
 * Publishes, and once more without the comparison when the user wants what does not fit to be published all the same.
 * @throws SlipwayError cancelled when the user does not
 */
export async function withDrift<Result>(
  { service, remote }: { readonly service: string; readonly remote: string },
  send: (drift: 'compared' | 'ignored') => Promise<Result>,
): Promise<Result> {
  try {
    return await send('compared');
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code !== 'target_mismatch') throw error;
    const yes = l10n.t('Publish All the Same');
    const question = l10n.t('{0} does not fit {1}. Publish it all the same?', service, remote);
    const { message, hint } = toldOf(error);
    const detail = [message, hint.replace(/ To publish it all the same: .*$/, '')].join('\n\n');
    if ((await window.showWarningMessage(question, { modal: true, detail }, yes)) === yes) return send('ignored');
    throw new SlipwayError('cancelled', 'Cancelled.', { cause: error });
  }
}
