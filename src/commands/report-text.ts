// Reports of load tests and rehearsals in Markdown. What came from outside is text in it, never markup. Pure, but for l10n.
import { l10n } from 'vscode';
import { z } from 'zod';
import { showDuration, showNumber } from '../../emulator/client/edge.ts';
import { modelMark } from '../../schemas/model-mark.ts';
import type { RehearsalReport } from '../../schemas/scenario.ts';
import { modelNotes, modelWord } from '../views/model-word.ts';
import { escape, page, table } from './markdown-page.ts';

/** What `slipway load --json` tells. */
export const LoadReport = z.object({
  task: z.string(),
  durationMs: z.number(),
  requests: z.number(),
  answered: z.number(),
  lost: z.number(),
  refused: z.number(),
  p50Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
  versions: z.record(z.string(), z.number()),
  statuses: z.record(z.string(), z.number()),
  /** The device that each version is a model of, where a recorded profile stands in for it. */
  modelled: z.record(z.string(), z.string()).optional(),
});
export type LoadReport = z.infer<typeof LoadReport>;

export function loadReportText(report: LoadReport): string {
  const { task, durationMs, answered, lost, refused, requests, p50Ms, p99Ms } = report;
  return page(l10n.t('Load test of {0}', task), [
    ...models(report),
    table([
      [l10n.t('Duration'), showDuration(durationMs)],
      [l10n.t('Requests'), String(requests)],
      [l10n.t('Answers a second'), showNumber(answered / Math.max(0.001, durationMs / 1000))],
      ['p50', ms(p50Ms)],
      ['p99', ms(p99Ms)],
      [l10n.t('Answered'), String(answered)],
      [l10n.t('Refused'), String(refused)],
      [l10n.t('Lost'), String(lost)],
    ]),
    ...tallies(report),
  ]);
}

function brokenText(count: number): string {
  return count === 1 ? l10n.t('1 assertion does not hold.') : l10n.t('{0} assertions do not hold.', count);
}

export function rehearsalReportText(report: RehearsalReport): string {
  const { scenario, seed, task, durationMs, holds, assertions, figures, steps, examples } = report;
  const outcome = holds ? l10n.t('All assertions hold.') : brokenText(assertions.filter((one) => !one.holds).length);
  return page(l10n.t('Rehearsal {0} of {1}', scenario, task), [
    `**${escape(outcome)}** ${escape(l10n.t('Seed {0}, {1}.', seed, showDuration(durationMs)))}`,
    ...models(report),
    table(
      assertions.map(({ name, wanted, found, holds: held }) => [held ? '✔' : '✘', name, wanted, found]),
      ['', l10n.t('Assertion'), l10n.t('Wanted'), l10n.t('Found')],
    ),
    table([
      [l10n.t('Requests'), String(figures.requests)],
      [l10n.t('Answered'), String(figures.answered)],
      [l10n.t('Refused'), String(figures.refused)],
      [l10n.t('Lost'), String(figures.lost)],
      ['p50', ms(figures.p50Ms)],
      ['p99', ms(figures.p99Ms)],
      [l10n.t('Recovery'), ms(figures.recoveryMs)],
    ]),
    ...(steps.length === 0
      ? []
      : [
          table(
            steps.map(({ atMs, what, on, outcome: became }) => [showDuration(atMs), what, on, became]),
            [l10n.t('At'), l10n.t('Step'), l10n.t('On'), l10n.t('Outcome')],
          ),
        ]),
    ...tallies(report),
    ...examples.map((example) => `- ${escape(example)}`),
  ]);
}

type Tallies = Pick<LoadReport, 'versions' | 'statuses' | 'modelled'>;

function tallies({ versions, statuses, modelled = {} }: Tallies): string[] {
  const mark = (version: string): string => modelMark({ modelled: modelled[version] }, modelWord());
  const rows = (counts: Record<string, number>, of = (name: string): string => name): string[][] =>
    Object.entries(counts).map(([name, count]) => [of(name), String(count)]);
  return [
    table(
      rows(versions, (version) => version + mark(version)),
      [l10n.t('Version'), l10n.t('Answers')],
    ),
    table(rows(statuses), [l10n.t('Status'), l10n.t('Answers')]),
  ];
}

/** Nobody may take the figures of a model for those of the service. */
function models({ modelled = {} }: Pick<LoadReport, 'modelled'>): string[] {
  return modelNotes(modelled).map((note) => `**${escape(note)}**`);
}

function ms(value: number | null): string {
  return value === null ? '–' : showDuration(value);
}
