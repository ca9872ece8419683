// slipway rehearse: load and faults from a scenario against a task, and a judgement.
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { RehearsalReport, Scenario } from '../../../schemas/scenario.ts';
import { SlipwayError } from '../../common/errors.ts';
import { payloadsOf } from '../../rehearsal/payloads.ts';
import { rehearse as run } from '../../rehearsal/rehearsal.ts';
import { reportJUnit, reportText } from '../../rehearsal/report.ts';
import { profileAt } from '../profiles.ts';
import { engineInput, engineOptions, engineStart } from '../engine-options.ts';
import { exitCode, type ExitCode } from '../failure.ts';
import { readTraces } from '../read-traces.ts';
import { withStage } from '../rehearsal-stage.ts';
import { WholeNumber, defineVerb } from '../verb.ts';

export const rehearse = defineVerb({
  name: 'rehearse',
  summary: 'Run a scenario of load and faults, and judge what came of it',
  arguments: [['<scenario>', 'a scenario file (schemas/json/scenario.json)']],
  options: [
    ['--task <task>', 'a task that is there already, instead of the service that the scenario names'],
    ['--seed <number>', 'another seed than that of the scenario'],
    ['--apart', 'on a local platform of its own, with as many nodes as the scenario needs'],
    ...engineOptions.map(([flags, words]): [string, string] => [flags, `with --apart: ${words}`]),
    ['--nodes <spec>', 'with --apart: its emulated nodes (default: as many as the scenario wants)'],
    ['--profile <file>', 'a recorded profile that stands in for the service: a model of the device it was recorded on'],
    ['--junit <file>', 'write the report as JUnit XML too'],
    ['--history <file>', 'write one line of JSON a request too'],
  ],
  input: z.strictObject({
    scenario: z.string(),
    task: z.string().optional(),
    seed: WholeNumber.optional(),
    apart: z.boolean().default(false),
    nodes: z.string().optional(),
    profile: z.string().optional(),
    ...engineInput,
    junit: z.string().optional(),
    history: z.string().optional(),
  }),
  async run(
    session,
    { scenario: file, task, seed, apart, nodes, profile, junit, history, ...engine },
  ): Promise<ExitCode> {
    if (!apart && (engine.engine !== undefined || engine.baseImage !== undefined || nodes !== undefined)) {
      throw new SlipwayError(
        'usage',
        'A platform that is there has its engine and nodes: --engine, --base-image and --nodes go with --apart.',
      );
    }
    const path = resolve(session.terminal.cwd, file);
    const read = await readScenario(path);
    const scenario: Scenario = seed === undefined ? read : { ...read, seed };
    const folder = dirname(path);
    const model = await profileAt(session, profile);
    if (model !== undefined && (task !== undefined || scenario.service === undefined)) {
      throw new SlipwayError('usage', 'A profile stands in for a service that is deployed for the rehearsal.', {
        hint: 'Name its folder as "service" in the scenario, and leave --task out.',
      });
    }
    const payloads = await payloadsOf(scenario.payload, folder);
    const traces = await readTraces(scenario, folder);
    const { report, records } = await withStage(
      session,
      {
        ...{ scenario, folder, task, profile: model },
        apart: apart && { ...engineStart(engine), ...(nodes === undefined ? {} : { nodes }) },
      },
      (stage) =>
        run({
          ...stage,
          scenario,
          payloads,
          trace: (name) => traces.get(name) ?? [],
          clock: session.clock,
          signal: session.signal,
          progress: (text) => session.progress.step(text),
        }),
    );
    const write = (to: string, text: string): Promise<void> => writeFile(resolve(session.terminal.cwd, to), text);
    if (junit !== undefined) await write(junit, reportJUnit(report));
    if (history !== undefined) await write(history, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    session.print(RehearsalReport.parse(report), () => reportText(report));
    return report.holds ? exitCode.done : exitCode.user;
  },
});

/** @throws SlipwayError path_missing, scenario_invalid */
async function readScenario(path: string): Promise<Scenario> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new SlipwayError('path_missing', `${path} cannot be read.`, { hint: 'Name a scenario file.', cause: error });
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SlipwayError('scenario_invalid', `${path} is not JSON: ${(error as Error).message}.`, { cause: error });
  }
  const parsed = Scenario.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.slice(0, 5).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new SlipwayError('scenario_invalid', `${path}: ${problems.join('; ')}.`);
}
