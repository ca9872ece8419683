// slipway check: all that is wrong with a service folder. Nothing of it is run, but for --contract.
import { z } from 'zod';
import { checkService } from '../../bundle/check.ts';
import { contractFindings } from '../../bundle/contract.ts';
import { driftFindings } from '../../bundle/drift/gate.ts';
import type { Finding } from '../../bundle/finding.ts';
import { readManifest } from '../../bundle/manifest.ts';
import { discoverPythons, type Discovery } from '../../bundle/python.ts';
import { findTarget } from '../drift-check.ts';
import { exitCode } from '../failure.ts';
import { count } from '../figures.ts';
import { prepareEnvironment } from '../service-environment.ts';
import { serviceFolder, showFinding } from '../service-folder.ts';
import type { Session } from '../session.ts';
import { WholeNumber, defineVerb } from '../verb.ts';

const Input = z.strictObject({
  folder: z.string().default('.'),
  python: z.string().optional(),
  contract: z.boolean().default(false),
  seed: WholeNumber.optional(),
  batch: z.string().optional(),
  target: z.array(z.string()).default([]),
});
type Input = z.output<typeof Input>;

export const check = defineVerb({
  name: 'check',
  summary:
    'Check a service folder: manifest, class, files; with --contract and --target what it does and where it fits',
  arguments: [['[folder]', 'folder with slipway.json (default: this one)']],
  options: [
    ['--python <path>', 'the interpreter that parses the main file'],
    ['--contract', 'load the service and try its batch contract with its samples'],
    ['--seed <number>', 'of the order in which --contract mixes samples (default: 1)'],
    ['--batch <samples>', 'with --contract: only this batch, names of samples separated by commas'],
    [
      '--target <name>',
      'compare with where it is to run: "local", a remote, or a JSON file that describes a base image (again for more)',
      'many',
    ],
  ],
  input: Input,
  async run(session, input) {
    const path = await serviceFolder(session, input.folder);
    session.progress.tick('Checking the service');
    const { signal } = session;
    const { python } = input;
    let asked: Promise<Discovery> | undefined;
    const pythons = (): Promise<Discovery> => (asked ??= discoverPythons({ choose: python, signal }));
    const findings = await checkService(path, { signal, pythons });
    if (errorsOf(findings) === 0) {
      const isStale = findings.some(({ fix }) => fix?.kind === 'lock');
      const more = await further(session, path, input, pythons);
      // A lock that is out of date is so for every target: once is enough.
      findings.push(...more.filter(({ fix }) => !isStale || fix?.kind !== 'lock'));
    }
    const errors = errorsOf(findings);
    session.print({ ok: errors === 0, findings }, () => [
      ...findings.flatMap((one) => [
        `${session.paint(`${one.severity}:`, one.severity === 'error' ? 'bad' : 'warning')} ${showFinding(one)}`,
        `  ${one.hint}`,
      ]),
      errors > 0 ? `${count(errors, 'error')} found.` : praise(input, findings.length),
    ]);
    return errors === 0 ? exitCode.done : exitCode.user;
  },
});

/** What is only asked of a folder that could be deployed. */
async function further(
  session: Session,
  folder: string,
  input: Input,
  pythons: () => Promise<Discovery>,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const name of input.target) {
    session.progress.step(`Comparing with ${name}`);
    const known = await pythons();
    const target = await findTarget(session, name, known);
    findings.push(...(await driftFindings(folder, target, session.signal, known)));
  }
  if (input.contract || input.batch !== undefined) {
    const { python } = await prepareEnvironment(session, folder);
    session.progress.step('Trying the batch contract');
    const manifest = await readManifest(folder);
    const batch = input.batch?.split(',');
    findings.push(
      ...(await contractFindings(folder, manifest, { python, seed: input.seed, batch, signal: session.signal })),
    );
  }
  return findings;
}

function errorsOf(findings: readonly Finding[]): number {
  return findings.filter(({ severity }) => severity === 'error').length;
}

function praise({ contract, target }: Input, warnings: number): string {
  const more = [...(contract ? ['keeps the batch contract'] : []), ...target.map((name) => `fits ${name}`)];
  const what = ['can be deployed', ...more].join(', ');
  return `The service ${what}.${warnings === 0 ? '' : ` ${count(warnings, 'warning')}.`}`;
}
