// Doctor: whether this machine has what a local platform needs, with what to do about each thing that it lacks.
import { env, l10n, ThemeIcon, window, type QuickPickItem } from 'vscode';
import { checkTitles, Examined, type DoctorCheck } from '../../schemas/doctor.ts';
import type { App } from '../app.ts';
import { runVerb } from '../platforms/command-line.ts';
import { withSteps } from './outcome.ts';

const icons: Readonly<Record<DoctorCheck['state'], string>> = { ok: 'pass', warning: 'warning', failed: 'error' };
/** What needs something done stands first. */
const order: readonly DoctorCheck['state'][] = ['failed', 'warning', 'ok'];

export async function doctor(app: App): Promise<void> {
  const { checks, ok } = await withSteps(l10n.t('Looking at this machine'), (progress, signal) =>
    runVerb(['doctor'], Examined, { signal, progress, accept: 'any exit' }),
  );
  for (const { name, state, found, hint } of checks) app.output.info(`${state} ${name}: ${found} ${hint ?? ''}`);
  const sorted = checks.toSorted((one, other) => order.indexOf(one.state) - order.indexOf(other.state));
  const title = ok ? l10n.t('All that a local platform needs is there') : l10n.t('Something is missing');
  const picked = await window.showQuickPick(sorted.map(itemOf), {
    title,
    placeHolder: l10n.t('Choose one to copy it'),
    matchOnDetail: true,
  });
  if (picked === undefined) return;
  const { label, description, detail } = picked;
  await env.clipboard.writeText(
    [`${label}: ${description ?? ''}`, detail].filter((part) => part !== undefined).join('\n'),
  );
  window.setStatusBarMessage(l10n.t('Copied {0}', label), 3_000);
}

function itemOf({ name, state, found, hint }: DoctorCheck): QuickPickItem {
  const title = checkTitles[name];
  return {
    label: l10n.t(title),
    description: l10n.t(found),
    ...(hint === undefined ? {} : { detail: l10n.t(hint) }),
    iconPath: new ThemeIcon(icons[state]),
  };
}
