// The command tree and one run of it: words in, exit code out. Nothing here ends the process.
import { Command, CommanderError } from 'commander';
import { homeAt } from '../common/home.ts';
import { SlipwayError, toSlipwayError } from '../common/errors.ts';
import { describeFailure, exitCode, exitCodeOf, type ExitCode } from './failure.ts';
import { ansiPaint, noPaint } from './paint.ts';
import { Session } from './session.ts';
import { wantsColour, type Terminal } from './terminal.ts';
import { addVerb, type CommonOptions, type Verb } from './verb.ts';
import { verbs } from './verbs.ts';
import { completion } from './verbs/completion.ts';

export interface RunOptions {
  /** What follows `slipway` on the command line. */
  readonly words: readonly string[];
  readonly terminal: Terminal;
  /** Version of Slipway, for --version. */
  readonly version: string;
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Builds the tree of all verbs. */
export function buildProgram(
  version: string,
  perform: (verb: Verb, common: CommonOptions, input: unknown) => Promise<void>,
): Command {
  const program = new Command('slipway')
    .description('From a Python class to a served model, the same way on the laptop and on the cluster')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .exitOverride();
  for (const verb of [...verbs, completion(() => program)]) addVerb(program, verb, perform);
  return program;
}

/** Runs one command line and resolves with its exit code. */
export async function run(options: RunOptions): Promise<ExitCode> {
  const { terminal, signal } = options;
  let code: ExitCode = exitCode.done;
  const program = buildProgram(options.version, async (verb, common, input) => {
    code = await perform(verb, common, input, options);
  });
  let usageText = '';
  for (const command of [program, ...program.commands, ...program.commands.flatMap((one) => one.commands)]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => (usageText += text),
      getOutHelpWidth: () => terminal.stdout.columns ?? 100,
    });
  }
  try {
    await program.parseAsync([...options.words], { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) return fail(error, options, options.words.includes('--json'), 'plain');
    if (error.exitCode === 0) return exitCode.done;
    if (options.words.length === 0) {
      terminal.stderr.write(usageText);
      return exitCode.usage;
    }
    const message = error.message.replace(/^error: /, '').replace(/\.?$/, '.');
    const usage = new SlipwayError('usage', message === '(outputHelp).' ? 'A command is missing.' : message);
    return signal.aborted ? exitCode.interrupted : fail(usage, options, options.words.includes('--json'), 'plain');
  }
}

async function perform(verb: Verb, common: CommonOptions, input: unknown, options: RunOptions): Promise<ExitCode> {
  const json = common.json === true;
  const detail = common.verbose === true ? 'verbose' : 'plain';
  const { terminal, signal } = options;
  const home = homeAt(common.home ?? (terminal.env['SLIPWAY_HOME'] || undefined));
  const session = new Session({ terminal, home, format: json ? 'json' : 'text', detail, signal, remote: common.to });
  try {
    return await verb.run(session, input);
  } catch (error) {
    session.progress.end();
    return fail(error, options, json, detail);
  } finally {
    await session.closer.close();
  }
}

function fail(error: unknown, options: RunOptions, json: boolean, detail: 'plain' | 'verbose'): ExitCode {
  const { terminal, signal } = options;
  const failure = toSlipwayError(error);
  if (json) {
    terminal.stdout.write(`${JSON.stringify({ error: failure.toReason() })}\n`);
    if (detail === 'verbose') terminal.stderr.write(`${failure.stack ?? ''}\n`);
  } else {
    const paint = wantsColour(terminal.stderr, terminal.env) ? ansiPaint : noPaint;
    for (const line of describeFailure(error, detail, paint)) terminal.stderr.write(`${line}\n`);
  }
  return signal.aborted ? exitCode.interrupted : exitCodeOf(failure);
}
