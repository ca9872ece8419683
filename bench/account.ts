// What became of every request of a run: by what the client saw, and by the journal of those who executed it. Pure.
import type { Asked } from './open-loop.ts';

export interface Account {
  readonly sent: number;
  /** No right answer: none at all, another status than 200, or the answer of another request. */
  readonly lost: number;
  /** Answers that came a second time. */
  readonly answeredTwice: number;
  /** Retries of what a dead replica was executing: allowed for idempotent services, and for those alone. */
  readonly executedTwice: number;
  /** Answered, and in no journal: it cannot be. */
  readonly unexecuted: number;
  readonly longestGapMs: number;
  readonly problems: readonly string[];
}

/** @param unsolicited answers that nobody waited for @param journal ids in the order of execution */
export function accountOf(
  asked: readonly Asked[],
  idOf: (number: number) => string,
  unsolicited: number,
  journal: readonly string[],
): Account {
  const executions = new Map<string, number>();
  for (const id of journal) executions.set(id, (executions.get(id) ?? 0) + 1);
  const answers = new Map<string, number>();
  const problems: string[] = [];
  let lost = 0;
  let unexecuted = 0;
  let lastAt: number | undefined;
  let longestGapMs = 0;
  for (const { number, answer, problem, endedAt } of [...asked].sort((a, b) => a.endedAt - b.endedAt)) {
    const id = idOf(number);
    if (answer?.status !== 200 || answer.body !== id) {
      lost++;
      problems.push(answer === undefined ? problem : `${answer.status} ${answer.body.slice(0, 120)}`);
      continue;
    }
    answers.set(id, (answers.get(id) ?? 0) + 1);
    if (!executions.has(id)) unexecuted++;
    longestGapMs = Math.max(longestGapMs, endedAt - (lastAt ?? endedAt));
    lastAt = endedAt;
  }
  const more = (counts: ReadonlyMap<string, number>): number =>
    [...counts.values()].reduce((sum, count) => sum + count - 1, 0);
  return {
    sent: asked.length,
    lost,
    answeredTwice: unsolicited + more(answers),
    executedTwice: more(executions),
    unexecuted,
    longestGapMs,
    problems: problems.slice(0, 3),
  };
}
