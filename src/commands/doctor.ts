// Doctor: whether this machine has what a local platform needs, with what to do about each thing that it lacks.
import { env, l10n, ThemeIcon, window, type QuickPickItem } from 'vscode';
import { z } from 'zod';
import type { App } from '../app.ts';
import { runVerb } from '../platforms/command-line.ts';
import { withSteps } from './outcome.ts';

const Examined = z.object({
  ok: z.boolean(),
  checks: z.array(
    z.object({
      name: z.string(),
      state: z.string(),
      found: z.string(),
      hint: z.string().optional(),
    }),
  ),
});
const icons: Readonly<Record<string, string>> = { ok: 'pass', warning: 'warning', failed: 'error' };

export async function doctor(app: App): Promise<void> {
  const { checks, ok } = await withSteps(l10n.t('Looking at this machine'), (progress, signal) =>
    runVerb(['doctor'], Examined, { signal, progress, accept: 'any exit' }),
  );
  for (const { name, state, found, hint } of checks) app.output.info(`${state} ${name}: ${found} ${hint ?? ''}`);
  const items: QuickPickItem[] = checks.map(({ name, state, found, hint }) => ({
    label: name,
    description: found,
    ...(hint === undefined ? {} : { detail: hint }),
    iconPath: new ThemeIcon(icons[state] ?? 'question'),
  }));
  const title = ok ? l10n.t('All that a local platform needs is there') : l10n.t('Something is missing');
  const picked = await window.showQuickPick(items, {
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
