// An experiment as a table for people.
import type { ExperimentView } from '../../schemas/experiment.ts';
import type { Session } from './session.ts';

const left = (title: string) => ({ title });
const right = (title: string) => ({ title, align: 'right' as const });

export function showExperiment(session: Session, view: ExperimentView): string[] {
  const versions = view.versions.filter(({ weight, outcomes }) => weight > 0 || outcomes > 0);
  const compared = new Map(view.comparisons.map((comparison) => [comparison.version, comparison]));
  const rows = versions.map(({ version, name, weight, outcomes, mean, interval }) => {
    const comparison = compared.get(version);
    const against = comparison === undefined || comparison.pairs === 0 ? undefined : comparison;
    return [
      name === undefined ? version : `${version} (${name})`,
      String(weight),
      String(outcomes),
      mean === null ? '-' : figure(mean),
      interval === null ? '-' : `${figure(interval.low)} to ${figure(interval.high)}`,
      against === undefined ? '' : `${signed(against.interval.low)} to ${signed(against.interval.high)}`,
      against === undefined ? '' : `${(100 * against.probabilityBetter).toFixed(1)}%`,
      moreNeeded(against?.outcomesNeeded ?? null),
    ].map((text) => ({ text }));
  });
  const columns = [
    ...[left('VERSION'), right('WEIGHT'), right('OUTCOMES'), right('MEAN'), left('95% AT ANY TIME')],
    ...[left(`AGAINST ${view.baseline ?? 'NONE'}`), right('BETTER'), right('MORE NEEDED')],
  ];
  const repeated = view.duplicates === 0 ? [] : [`${view.duplicates} repeated feedbacks did not count.`];
  return [...session.table(columns, rows), '', view.summary, ...repeated];
}

function figure(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function signed(value: number): string {
  return value > 0 ? `+${figure(value)}` : figure(value);
}

function moreNeeded(outcomes: number | null): string {
  return outcomes === null ? '' : String(outcomes);
}
