// slipway doctor: whether this machine has what a local platform needs.
import { z } from 'zod';
import { checkTitles, type DoctorCheck } from '../../../schemas/doctor.ts';
import { examine } from '../doctor-checks.ts';
import { exitCode } from '../failure.ts';
import type { Tone } from '../paint.ts';
import { defineVerb } from '../verb.ts';

const looks: Readonly<Record<DoctorCheck['state'], { readonly symbol: string; readonly tone: Tone }>> = {
  ok: { symbol: '✔', tone: 'good' },
  warning: { symbol: '▲', tone: 'warning' },
  failed: { symbol: '✖', tone: 'bad' },
};

export const doctor = defineVerb({
  name: 'doctor',
  summary: 'Check that this machine has what a local platform needs',
  input: z.strictObject({}),
  async run(session) {
    session.progress.tick('Looking at this machine');
    const checks = await examine(session);
    const ok = checks.every(({ state }) => state !== 'failed');
    session.print({ ok, checks }, () => {
      const width = Math.max(...checks.map(({ name }) => checkTitles[name].length));
      return checks.flatMap(({ name, state, found, hint }) => [
        `${session.paint(looks[state].symbol, looks[state].tone)} ${checkTitles[name].padEnd(width)}  ${found}`,
        ...(hint === undefined ? [] : [`  ${hint}`]),
      ]);
    });
    return ok ? exitCode.done : exitCode.user;
  },
});
