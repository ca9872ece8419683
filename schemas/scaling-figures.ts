// The figures that a decision about the number of replicas was made from, each with what it is called. Pure.
import { showDuration, showNumber } from './figures.ts';
import type { Texts } from './texts.ts';

/** What the figures are called; one that is not known is called as the platform does. */
export function scalingFigures(inputs: Readonly<Record<string, number>>, l10n: Texts): (readonly [string, string])[] {
  const names: Readonly<Record<string, string>> = {
    current: l10n.t('Replicas before'),
    wanted: l10n.t('Replicas wanted'),
    ready: l10n.t('Replicas ready'),
    inFlight: l10n.t('Requests at that moment'),
    concurrency: l10n.t('Requests at once, on average'),
    qps: l10n.t('Requests a second'),
    coveredMs: l10n.t('Time that the averages cover'),
    panicConcurrency: l10n.t('Requests at once, of late'),
    panicQps: l10n.t('Requests a second, of late'),
    idleMs: l10n.t('Time without a request'),
    min: l10n.t('Fewest replicas allowed'),
    max: l10n.t('Most replicas allowed'),
    targetConcurrency: l10n.t('Requests at once that a replica should have'),
    targetQps: l10n.t('Requests a second that a replica should have'),
    stableWindowMs: l10n.t('Time over which is averaged'),
    failedStarts: l10n.t('Starts that failed'),
    room: l10n.t('Replicas for which nodes have room'),
  };
  return Object.entries(inputs).map(([name, value]) => [
    names[name] ?? name,
    name.endsWith('Ms') ? showDuration(value) : countOf(value),
  ]);
}

/** Things are counted in whole numbers. */
function countOf(value: number): string {
  return Number.isInteger(value) && value < 1_000 ? String(value) : showNumber(value);
}
