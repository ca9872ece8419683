// slipway profile: what a service costs on the device of this machine, recorded so that it can be rehearsed where that device is not.
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { Profile } from '../../../schemas/profile.ts';
import { readManifest } from '../../bundle/manifest.ts';
import { recordProfile } from '../../bundle/profile.ts';
import { exitCode } from '../failure.ts';
import { showBytes, showDuration, showNumber } from '../figures.ts';
import { prepareEnvironment } from '../service-environment.ts';
import { refuseFaulty, serviceFolder } from '../service-folder.ts';
import type { Session } from '../session.ts';
import { defineVerb } from '../verb.ts';

export const profileRecord = defineVerb({
  name: 'profile record',
  reach: 'local',
  summary: 'Measure what loading a service and executing batches of its samples cost on this machine',
  arguments: [['[folder]', 'folder with slipway.json (default: this one)']],
  options: [['-o, --output <file>', 'where the profile is written (default: gpu-profile.json)']],
  input: z.strictObject({ folder: z.string().default('.'), output: z.string().default('gpu-profile.json') }),
  async run(session, { folder, output }) {
    const path = await serviceFolder(session, folder);
    session.progress.step('Checking the service');
    await refuseFaulty(session, path, 'forced');
    const { python } = await prepareEnvironment(session, path);
    session.progress.step('Measuring');
    const profile = await recordProfile(path, await readManifest(path), { python, signal: session.signal });
    await writeFile(resolve(session.terminal.cwd, output), `${JSON.stringify(profile, undefined, 2)}\n`);
    session.print({ output, profile }, () => [
      ...show(session, profile),
      '',
      `${output} stands in for the service: slipway rehearse SCENARIO --apart --profile ${output}`,
    ]);
    return exitCode.done;
  },
});

function show(session: Session, profile: Profile): string[] {
  const { gpuMemoryBytes, gpuTotalBytes } = profile;
  const total = gpuTotalBytes === undefined ? '' : ` of ${showBytes(gpuTotalBytes)}`;
  return [
    `${profile.service} on ${profile.device}`,
    `load     ${showDuration(profile.loadMs)}`,
    `memory   ${showBytes(profile.memoryBytes)}`,
    ...(gpuMemoryBytes === undefined ? [] : [`on card  ${showBytes(gpuMemoryBytes)}${total}`]),
    '',
    ...session.table(
      [
        { title: 'BATCH', align: 'right' },
        { title: 'MS', align: 'right' },
        { title: 'ITEMS/S', align: 'right' },
      ],
      profile.batches.map(({ size, ms }) => [
        { text: String(size) },
        { text: showNumber(ms) },
        { text: ms === 0 ? '-' : showNumber((size * 1000) / ms) },
      ]),
    ),
  ];
}
