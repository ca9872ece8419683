// One run of a scenario against a task that serves: load, steps and a watch beside each other, then the judgement.
import type { InjectedStep, RehearsalReport, Scenario } from '../../schemas/scenario.ts';
import type { SlipwayClient } from '../client/client.ts';
import { sleep, type Clock } from '../common/clock.ts';
import { SlipwayError } from '../common/errors.ts';
import { randomHex, seededRandom } from '../common/random.ts';
import { examples, figuresOf, tallies, type RequestRecord } from './history.ts';
import { judge } from './judge.ts';
import { Load } from './load.ts';
import type { Payloads } from './payloads.ts';
import { planSteps } from './plan.ts';
import { recoveryMs, Watch } from './recovery.ts';
import { Sender } from './sender.ts';
import { refuseUnsupported, Steps } from './steps.ts';
import { tellEachSecond } from './tally.ts';

export interface RehearsalOptions {
  readonly scenario: Scenario;
  /** Name of the task, which is ready. */
  readonly task: string;
  /** Where it is called. */
  readonly url: string;
  readonly client: SlipwayClient;
  readonly payloads: Payloads;
  /** Times of a recorded trace, by its path in the scenario. */
  readonly trace: (path: string) => readonly number[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told what is being done, in words for the user. */
  readonly progress: (text: string) => void;
}

export interface RehearsalRun {
  readonly report: RehearsalReport;
  readonly records: readonly RequestRecord[];
}

const lookMs = 50;
const shownExamples = 10;

/** @throws SlipwayError fault_refused, fault_unsupported, scenario_invalid, state_conflict before anything has begun */
export async function rehearse(options: RehearsalOptions): Promise<RehearsalRun> {
  const { scenario, task, url, client, signal } = options;
  refuseUnsupported(scenario, await client.call('getFaults', {}, { signal }));
  await refuseTooFewNodes(client, scenario.nodes, signal);
  const sender = new Sender(url);
  const stop = new AbortController();
  const ended = AbortSignal.any([signal, stop.signal]);
  try {
    const load = new Load({
      ...options,
      sender,
      answers: scenario.answers,
      idPrefix: `${scenario.name.slice(0, 32)}-${randomHex(3)}`,
      random: seededRandom(scenario.seed),
    });
    const watch = new Watch();
    const watching = follow(options, watch, load, ended);
    const steps = new Steps({ client, task, burst: (requests) => load.burst(requests), signal });
    const performing = perform(options, steps, load, ended);
    const { clock, progress } = options;
    const endTelling = tellEachSecond(load, progress, (...wait) => clock.after(...wait));
    await load.run(scenario.load).finally(endTelling);
    const done = await performing;
    options.progress('Waiting until all replicas are ready');
    await settle(options, watch, load);
    stop.abort();
    await watching;
    return { report: reportOf(options, load, done, watch, steps), records: load.records };
  } finally {
    stop.abort();
    await sender.close();
  }
}

function reportOf(
  { scenario, task }: RehearsalOptions,
  { records, nowMs }: Load,
  done: InjectedStep[],
  watch: Watch,
  steps: Steps,
): RehearsalReport {
  const faults = done.filter(({ outcome }) => outcome === 'done').map(({ atMs }) => atMs);
  const versions = new Set([...watch.versions, ...steps.versions]);
  const figures = figuresOf(records, versions, recoveryMs(faults, watch.changes));
  const counts = tallies(records);
  const assertions = [
    ...judge(scenario.assert, figures, counts.versions),
    // A scenario whose faults did not happen shows nothing.
    ...done
      .filter(({ outcome }) => outcome !== 'done')
      .map(({ what, outcome }) => ({ name: `step ${what}`, wanted: 'done', found: outcome, holds: false })),
  ];
  return {
    scenario: scenario.name,
    seed: scenario.seed,
    task,
    durationMs: nowMs,
    holds: assertions.every(({ holds }) => holds),
    assertions,
    figures,
    ...(watch.modelled.size === 0 ? {} : { modelled: Object.fromEntries(watch.modelled) }),
    ...counts,
    steps: done,
    examples: examples(records, shownExamples),
  };
}

async function perform(
  { scenario, clock, progress }: RehearsalOptions,
  steps: Steps,
  load: Load,
  signal: AbortSignal,
): Promise<InjectedStep[]> {
  const done: InjectedStep[] = [];
  const acting: Promise<void>[] = [];
  for (const planned of planSteps(scenario)) {
    const leftMs = planned.atMs - load.nowMs;
    if (leftMs > 0) await sleep(clock, leftMs, signal);
    // Slow answers of the platform do not delay what comes next.
    acting.push(
      steps.perform(planned, load.nowMs).then((step) => {
        progress(`${step.what} ${step.on} ${step.outcome}`);
        done.push(step);
      }),
    );
  }
  await Promise.all(acting);
  return done.sort((a, b) => a.atMs - b.atMs);
}

/** Looks at the task until the run is over. A look that fails says nothing: the platform itself may be the victim. */
async function follow(
  { client, task, clock }: RehearsalOptions,
  watch: Watch,
  load: Load,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await look(client, task, watch, load, signal).catch(() => undefined);
    await sleep(clock, lookMs, signal).catch(() => undefined);
  }
}

async function look(client: SlipwayClient, task: string, watch: Watch, load: Load, signal: AbortSignal): Promise<void> {
  watch.saw(await client.call('getTask', { params: { task } }, { signal }), load.nowMs);
}

async function settle({ scenario, clock, signal }: RehearsalOptions, watch: Watch, load: Load): Promise<void> {
  const endMs = load.nowMs + scenario.settleMs;
  // The last fault may not have been noticed yet.
  await sleep(clock, 2 * lookMs, signal);
  while (!watch.whole && load.nowMs < endMs) await sleep(clock, lookMs, signal);
}

async function refuseTooFewNodes(client: SlipwayClient, wanted: number, signal: AbortSignal): Promise<void> {
  const { nodes } = await client.call('listNodes', {}, { signal });
  const ready = nodes.filter(({ state }) => state === 'ready').length;
  if (ready >= wanted) return;
  throw new SlipwayError('state_conflict', `The scenario needs ${wanted} ready nodes; this platform has ${ready}.`, {
    hint: `Run it apart (--apart), or on a platform with more nodes: slipway up --nodes ${wanted}`,
  });
}
