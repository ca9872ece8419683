// slipway completion: a completion script for the user's shell.
import type { Command } from 'commander';
import { z } from 'zod';
import { completionScript, shells } from '../completion-script.ts';
import { exitCode } from '../failure.ts';
import { defineVerb, type Verb } from '../verb.ts';

/** @param tree gives the command tree, which holds this verb too */
export function completion(tree: () => Command): Verb {
  return defineVerb({
    name: 'completion',
    reach: 'local',
    summary: 'Print a completion script for bash, zsh or fish',
    arguments: [['<shell>', 'bash, zsh or fish']],
    input: z.strictObject({ shell: z.enum(shells, 'say bash, zsh or fish') }),
    run(session, { shell }) {
      const script = completionScript(tree(), shell);
      session.print({ shell, script }, () => [script.trimEnd()]);
      return Promise.resolve(exitCode.done);
    },
  });
}
