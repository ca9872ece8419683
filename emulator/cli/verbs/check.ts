// slipway check: all that is wrong with a service folder; nothing of it is run.
import { z } from 'zod';
import { checkService } from '../../bundle/check.ts';
import { exitCode } from '../failure.ts';
import { count } from '../figures.ts';
import { serviceFolder, showFinding } from '../service-folder.ts';
import { defineVerb } from '../verb.ts';

export const check = defineVerb({
  name: 'check',
  summary: 'Check a service folder without running it',
  arguments: [['[folder]', 'folder with slipway.json (default: this one)']],
  options: [['--python <path>', 'the interpreter that parses the main file']],
  input: z.strictObject({ folder: z.string().default('.'), python: z.string().optional() }),
  async run(session, { folder, python }) {
    const path = await serviceFolder(session, folder);
    session.progress.tick('Checking the service');
    const findings = await checkService(path, { signal: session.signal, ...(python === undefined ? {} : { python }) });
    const errors = findings.filter(({ severity }) => severity === 'error').length;
    session.print({ ok: errors === 0, findings }, () => [
      ...findings.flatMap((one) => [
        `${session.paint(`${one.severity}:`, one.severity === 'error' ? 'bad' : 'warning')} ${showFinding(one)}`,
        `  ${one.hint}`,
      ]),
      findings.length === 0 ? 'The service can be deployed.' : `${count(errors, 'error')} found.`,
    ]);
    return errors === 0 ? exitCode.done : exitCode.user;
  },
});
