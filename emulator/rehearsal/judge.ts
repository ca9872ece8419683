// What a scenario asserts, held against the figures of its run. Pure.
import type { AssertionOutcome, Assertions, Figures, RehearsalReport } from '../../schemas/scenario.ts';

const limits = [
  'lost',
  'duplicated',
  'wrongVersion',
  'wrongPayload',
  'refused',
  'errorShare',
  'p50Ms',
  'p99Ms',
  'recoveryMs',
  'executedAgain',
] as const satisfies readonly (keyof Figures & keyof Assertions)[];

export function judge(
  assertions: Assertions,
  figures: Figures,
  versions: RehearsalReport['versions'],
): AssertionOutcome[] {
  const outcomes: AssertionOutcome[] = [
    {
      name: 'answered',
      wanted: `at least ${assertions.answered}`,
      found: String(figures.answered),
      holds: figures.answered >= assertions.answered,
    },
  ];
  for (const name of limits) {
    const limit = assertions[name];
    if (limit === undefined) continue;
    const found = figures[name];
    outcomes.push({ name, wanted: `at most ${limit}`, found: show(found), holds: found !== null && found <= limit });
  }
  const { shares } = assertions;
  const total = Object.values(versions).reduce((sum, answers) => sum + answers, 0);
  for (const [version, wanted] of Object.entries(shares?.of ?? {})) {
    const share = total === 0 ? 0 : (versions[version] ?? 0) / total;
    const holds = Math.abs(share - wanted) <= shares!.within;
    outcomes.push({
      name: `share of ${version}`,
      wanted: `${wanted} ± ${shares!.within}`,
      found: share.toFixed(4),
      holds,
    });
  }
  return outcomes;
}

function show(value: number | null): string {
  if (value === null) return 'none';
  return Number.isInteger(value) ? String(value) : value.toFixed(value < 1 ? 4 : 1);
}
