// slipway scale record|simulate: the load of a task as it was, and what a scaling rule would make of it.
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { LoadTrace, ScalingSimulation } from '../../../schemas/trace.ts';
import { ScalingSettings, type ScalingView } from '../../../schemas/scaling.ts';
import type { TaskView } from '../../../schemas/tasks.ts';
import { overlay, rulesOf } from '../../autoscaler/rules.ts';
import { simulateScaling } from '../../autoscaler/simulate.ts';
import { sleep } from '../../common/clock.ts';
import { SlipwayError } from '../../common/errors.ts';
import { samplesOf } from '../../rehearsal/traces.ts';
import { exitCode } from '../failure.ts';
import { showDuration, showNumber } from '../figures.ts';
import { LoadRecorder } from '../load-recorder.ts';
import { parseScalingSettings } from '../scaling-settings.ts';
import type { Session } from '../session.ts';
import { readTraceFile } from '../trace-file.ts';
import { defineVerb } from '../verb.ts';

const everyMs = 1_000;

export const scaleRecord = defineVerb({
  name: 'scale record',
  summary: 'Record the load of a task, for `slipway scale simulate` and for rehearsals',
  arguments: [['<task>', 'name of the task']],
  options: [
    ['--out <file>', 'file to write (default: <task>.trace.json)'],
    ['--duration <seconds>', 'how long (default: until Ctrl-C)'],
  ],
  input: z.strictObject({
    task: z.string(),
    out: z.string().optional(),
    duration: z.coerce.number().positive().max(604_800).optional(),
  }),
  async run(session, { task, out = `${task}.trace.json`, duration }) {
    const { client } = await session.connect();
    const { signal, clock } = session;
    const view = await client.call('getTask', { params: { task } }, { signal });
    const recorder = new LoadRecorder(everyMs);
    const beganAt = clock.monotonic();
    const endsAt = duration === undefined ? Infinity : beganAt + duration * 1000;
    session.progress.step(`Recording the load of ${task}${duration === undefined ? '; end it with Ctrl-C' : ''}`);
    try {
      for (let next = beganAt; ; next += everyMs) {
        const left = Math.min(next, endsAt) - clock.monotonic();
        if (left > 0) await sleep(clock, left, signal);
        const demand = await client.call('getDemand', { params: { task } }, { signal });
        recorder.push(clock.monotonic(), demand);
        if (clock.monotonic() >= endsAt) break;
      }
    } catch (error) {
      // Ctrl-C is how a recording without an end is ended; what was seen before anything else is kept too.
      if (!signal.aborted && recorder.samples.length === 0) throw error;
      if (!signal.aborted) session.say(`The recording ended early: ${(error as Error).message}`);
    }
    const trace = traceOf(view, clock.now(), recorder);
    await writeFile(resolve(session.terminal.cwd, out), `${JSON.stringify(trace, undefined, 1)}\n`);
    const requests = trace.samples.reduce((sum, { arrivals }) => sum + arrivals, 0);
    session.print({ task, file: out, samples: trace.samples.length, requests }, () => [
      `${out}: ${requests} requests in ${trace.samples.length} samples`,
      `  try a rule on it: slipway scale simulate ${out} --rule targetConcurrency=8`,
    ]);
    return exitCode.done;
  },
});

/** @throws SlipwayError state_conflict when nothing was seen */
function traceOf(view: TaskView, recordedAt: number, { samples }: LoadRecorder): LoadTrace {
  if (samples.length === 0) {
    throw new SlipwayError('state_conflict', `No load of ${view.name} was seen.`, { hint: 'Record for longer.' });
  }
  const active = view.versions.find(({ id }) => id === view.activeVersion) ?? view.versions.at(-1)!;
  const replicas = view.versions.reduce((sum, version) => sum + version.replicas.wanted, 0);
  const { maxBatchSize } = active.manifest.batching;
  return { task: view.name, recordedAt, replicas, maxBatchSize, scaling: settingsOf(active.scaling), samples };
}

function settingsOf(view: ScalingView | undefined): ScalingSettings {
  if (view === undefined) return {};
  const { min, max, targetConcurrency, targetQps, stableWindowMs, idleMs, startBudget } = view;
  return ScalingSettings.parse({
    ...{ min, max, stableWindowMs, startBudget },
    ...(targetConcurrency === null ? {} : { targetConcurrency }),
    ...(targetQps === null ? {} : { targetQps }),
    ...(idleMs === null ? {} : { idleMs }),
  });
}

export const scaleSimulate = defineVerb({
  name: 'scale simulate',
  summary: 'Try a scaling rule on a recorded load: each decision with its reason, what it costs and where it is short',
  arguments: [['<trace>', 'what `slipway scale record` wrote, or times of requests in milliseconds, one a line']],
  options: [
    ['--rule <settings...>', 'settings over the recorded ones: min=1 max=8 targetConcurrency=4 targetQps=50 …'],
    ['--start <seconds>', 'from the decision until a new replica is ready (default: 2)'],
    ['--latency <ms>', 'how long a request takes, for a trace that has only times'],
    ['--fast', 'windows and idle times that are not set are a tenth, as with `slipway up --fast`'],
  ],
  reach: 'local',
  input: z.strictObject({
    trace: z.string(),
    rule: z.array(z.string()).default([]),
    start: z.coerce.number().min(0).max(86_400).default(2),
    latency: z.coerce.number().positive().max(86_400_000).optional(),
    fast: z.boolean().default(false),
  }),
  async run(session, { trace: path, rule, start, latency, fast }) {
    const trace = await readTrace(session, path, latency);
    const settings = overlay(trace.scaling, parseScalingSettings(rule, '--rule'));
    const rules = rulesOf(settings, trace.maxBatchSize, fast ? 'fast' : 'usual');
    const simulation = simulateScaling({ trace, rules, startMs: start * 1000 });
    session.print(simulation, () => showSimulation(simulation));
    return exitCode.done;
  },
});

type Recorded = Pick<LoadTrace, 'task' | 'replicas' | 'samples' | 'maxBatchSize' | 'scaling'>;

async function readTrace(session: Session, path: string, latency: number | undefined): Promise<Recorded> {
  const file = await readTraceFile(session.terminal.cwd, path);
  if (file.kind === 'load') {
    if (latency === undefined) return file.trace;
    throw new SlipwayError('usage', `--latency: ${path} tells itself what was in flight.`);
  }
  if (latency === undefined || file.times.length === 0) {
    throw new SlipwayError('usage', `${path} has only the times of requests: say with --latency how long one takes.`, {
      hint: 'Write `slipway scale simulate times.txt --latency 50`.',
    });
  }
  const samples = samplesOf(file.times, latency);
  return { task: 'trace' as LoadTrace['task'], replicas: 1, maxBatchSize: 64, scaling: {}, samples };
}

function showSimulation(simulation: ScalingSimulation): string[] {
  const { decisions, durationMs, requests, replicaSeconds, mostReplicas, overTargetMs, unknownMs } = simulation;
  const share = (ms: number): string => `${showNumber((100 * ms) / durationMs)}%`;
  const mean = showNumber(replicaSeconds / (durationMs / 1000));
  return [
    ...decisions.map(({ atMs, reason }) => `${clock(atMs)}  ${reason}`),
    ...(decisions.length === 0 ? ['The number of replicas stays as it is.'] : []),
    '',
    `${requests} requests in ${showDuration(durationMs)}`,
    `replica-seconds  ${showNumber(replicaSeconds)}: ${mean} replicas in the mean, ${mostReplicas} at most`,
    `over target      ${showDuration(overTargetMs)}, ${share(overTargetMs)} of the time`,
    ...(unknownMs > 0 ? [`not recorded     ${showDuration(unknownMs)}`] : []),
  ];
}

/** `0:01:07.0` from the beginning of the recording. */
function clock(ms: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `${Math.floor(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}.${Math.floor((ms / 100) % 10)}`;
}
