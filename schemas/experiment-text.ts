// What an experiment shows so far, in one sentence of any language.
import type { ExperimentView } from './experiment.ts';
import type { Texts } from './texts.ts';

type Shown = Pick<ExperimentView, 'baseline' | 'comparisons' | 'winner'>;

/** @param nameOf what a version is called */
export function experimentText(
  { baseline, comparisons, winner }: Shown,
  l10n: Texts,
  nameOf: (version: string) => string = (version) => version,
): string {
  if (baseline === null) return l10n.t('Only one version has traffic: there is nothing to compare.');
  if (winner !== null) {
    const others = winner === baseline ? comparisons.map(({ version }) => version) : [baseline];
    const said = others.map(nameOf).join(l10n.t(' and '));
    return l10n.t('{0} is better than {1}.', nameOf(winner), said);
  }
  const left = comparisons.flatMap(({ outcomesNeeded }) => (outcomesNeeded === null ? [] : [outcomesNeeded]));
  if (left.length === 0) return l10n.t('Nothing can be said yet: there is no feedback of both versions.');
  const most = Math.max(...left);
  return most === 0
    ? l10n.t('No difference was seen, with outcomes enough to see one of the wished size.')
    : l10n.t('Nothing is decided: about {0} more outcomes are needed.', most);
}
