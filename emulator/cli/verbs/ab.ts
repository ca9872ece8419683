// slipway ab: how many outcomes an experiment takes, what it shows now, and its end.
import { z } from 'zod';
import { SlipwayError } from '../../common/errors.ts';
import { planSample } from '../../experiment/sample-size.ts';
import { exitCode } from '../failure.ts';
import { showDuration } from '../figures.ts';
import { showExperiment } from '../show-experiment.ts';
import { defineVerb } from '../verb.ts';

const Figure = z
  .string()
  .regex(/^-?[0-9]+(\.[0-9]+)?$/, 'write a number such as 0.1')
  .transform(Number);
const Share = Figure.refine((value) => value > 0 && value < 1, 'write a number between 0 and 1');
const Shares = z
  .string()
  .regex(/^[1-9][0-9]{0,4}\/[1-9][0-9]{0,4}$/, 'write the shares like 50/50 or 80/20')
  .transform((text) => text.split('/').map(Number) as [number, number]);

export const abPlan = defineVerb({
  name: 'ab plan',
  summary: 'How many outcomes it takes to see a difference; needs no platform',
  options: [
    ['--base <rate>', 'share of good outcomes now, such as 0.10'],
    ['--sd <deviation>', 'instead of --base: standard deviation of outcomes that are no yes or no'],
    ['--lift <difference>', 'difference to be seen, in the units of the outcomes, such as 0.02'],
    ['--range <width>', 'with --sd, the largest outcome minus the smallest (default: 1)'],
    ['--alpha <probability>', 'of a false alarm, however often you look (default: 0.05)'],
    ['--power <probability>', 'of seeing the difference when it is there (default: 0.8)'],
    ['--split <shares>', 'of the two versions (default: 50/50)'],
    ['--qps <rate>', 'requests a second that get a feedback, to tell how long it takes'],
  ],
  input: z.strictObject({
    base: Share.optional(),
    sd: Figure.refine((value) => value > 0, 'must be more than 0').optional(),
    lift: Figure.refine((value) => value !== 0, 'must not be 0'),
    range: Figure.refine((value) => value > 0, 'must be more than 0').default(1),
    alpha: Share.default(0.05),
    power: Share.default(0.8),
    split: Shares.default([50, 50]),
    qps: Figure.refine((value) => value > 0, 'must be more than 0').optional(),
  }),
  run(session, { base, sd, lift, range, alpha, power, split, qps }) {
    const variance = variances(base, sd, lift, range);
    const [baseline, challenger] = split;
    const plan = planSample({ variance, difference: lift / range, weights: { baseline, challenger }, alpha, power });
    const seconds = qps === undefined ? null : plan.total / qps;
    session.print({ ...plan, seconds }, () => [
      `${plan.total} outcomes: ${plan.baseline} of the version now, ${plan.challenger} of the other.`,
      `  Look whenever you like: false alarms stay under ${alpha}, and ${lift} is seen with ${power}, mostly sooner.`,
      `  A test with one look at the end would take ${plan.fixedTotal}.`,
      ...(seconds === null ? [] : [`  At ${qps} feedbacks a second that is ${showDuration(seconds * 1000)}.`]),
    ]);
    return Promise.resolve(exitCode.done);
  },
});

/** In units of the square of the range. */
function variances(
  base: number | undefined,
  sd: number | undefined,
  lift: number,
  range: number,
): { baseline: number; challenger: number } {
  if ((base === undefined) === (sd === undefined)) {
    throw new SlipwayError('usage', 'Give --base for yes-or-no outcomes, or --sd for others.', {
      hint: 'Write `slipway ab plan --base 0.10 --lift 0.02`.',
    });
  }
  if (sd !== undefined) {
    const variance = (sd / range) ** 2;
    if (variance > 0.25)
      throw new SlipwayError('usage', `--sd: within a range of ${range} it is at most ${range / 2}.`);
    return { baseline: variance, challenger: variance };
  }
  const lifted = base! + lift;
  if (lifted <= 0 || lifted >= 1)
    throw new SlipwayError('usage', `--lift: ${base} + ${lift} is no share between 0 and 1.`);
  return { baseline: base! * (1 - base!), challenger: lifted * (1 - lifted) };
}

export const abStatus = defineVerb({
  name: 'ab status',
  summary: 'Which version is better by the feedback so far; look as often as you like',
  arguments: [['<task>', 'name of the task']],
  options: [['--lift <difference>', 'difference that you wish to see (default: the one that there seems to be)']],
  input: z.strictObject({ task: z.string(), lift: Figure.refine((value) => value !== 0, 'must not be 0').optional() }),
  async run(session, { task, lift }) {
    const { client } = await session.connect();
    const query = lift === undefined ? {} : { difference: Math.abs(lift) };
    const view = await client.call('getExperiment', { params: { task }, query }, { signal: session.signal });
    session.print(view, () => showExperiment(session, view));
    return exitCode.done;
  },
});

export const abStop = defineVerb({
  name: 'ab stop',
  summary: 'End the experiment: all traffic to the winner, or with --keep as it is',
  arguments: [['<task>', 'name of the task']],
  options: [
    ['--winner <version>', 'the version that gets all traffic (default: the one that the outcomes show)'],
    ['--keep', 'leave the traffic as it is'],
  ],
  input: z.strictObject({ task: z.string(), winner: z.string().optional(), keep: z.boolean().default(false) }),
  async run(session, { task, winner, keep }) {
    const { client } = await session.connect();
    const body = { ...(winner === undefined ? {} : { winner }), ...(keep ? { keep } : {}) };
    const end = await client.call('stopExperiment', { params: { task }, body }, { signal: session.signal });
    session.print(end, () => [
      ...showExperiment(session, end.experiment),
      end.moved ? `All traffic goes to ${end.winner ?? ''} now.` : 'The traffic stays as it is.',
    ]);
    return exitCode.done;
  },
});
