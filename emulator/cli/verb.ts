// What a verb is: its words on the command line, a schema for what it takes, and what it does.
import type { Command } from 'commander';
import { Option } from 'commander';
import { z } from 'zod';
import { SlipwayError } from '../common/errors.ts';
import type { ExitCode } from './failure.ts';
import type { Session } from './session.ts';

/** `many`: it can be given several times, and is a list. */
export type VerbOption = readonly [flags: string, meaning: string, times?: 'many'];

export interface Verb {
  readonly name: string;
  readonly summary: string;
  /** In commander's notation: `<task>` is wanted, `[folder]` may be left out. */
  readonly arguments: readonly (readonly [notation: string, meaning: string])[];
  readonly options: readonly VerbOption[];
  /** `local` verbs are about this machine alone and take no `--to`. */
  readonly reach: 'local' | 'any';
  /** Runs with what commander parsed, which is checked here. */
  run(session: Session, input: unknown): Promise<ExitCode>;
}

interface Definition<Schema extends z.ZodType> {
  readonly name: string;
  readonly summary: string;
  readonly arguments?: readonly (readonly [notation: string, meaning: string])[];
  readonly options?: readonly VerbOption[];
  /** Default: any. */
  readonly reach?: Verb['reach'];
  /** Arguments and options by their names, together. */
  readonly input: Schema;
  run(session: Session, input: z.output<Schema>): Promise<ExitCode>;
}

export function defineVerb<Schema extends z.ZodType>(definition: Definition<Schema>): Verb {
  return {
    name: definition.name,
    summary: definition.summary,
    arguments: definition.arguments ?? [],
    options: definition.options ?? [],
    reach: definition.reach ?? 'any',
    run(session, input) {
      const parsed = definition.input.safeParse(input);
      if (parsed.success) return definition.run(session, parsed.data);
      const issue = parsed.error.issues[0]!;
      throw new SlipwayError('usage', `${issue.path.join('.') || definition.name}: ${issue.message}.`, {
        hint: `See \`slipway ${definition.name} --help\`.`,
      });
    },
  };
}

/** A whole number written on the command line. */
export const WholeNumber = z
  .string()
  .regex(/^[0-9]{1,9}$/, 'write a whole number')
  .transform(Number);

export interface CommonOptions {
  readonly json?: boolean;
  readonly home?: string;
  readonly verbose?: boolean;
  /** Name of a remote. */
  readonly to?: string;
}

/** Adds `verb` to `program`; `perform` runs it and keeps its exit code. */
export function addVerb(
  program: Command,
  verb: Verb,
  perform: (verb: Verb, common: CommonOptions, input: unknown) => Promise<void>,
): void {
  const path = verb.name.split(' ');
  const parent = path.length === 1 ? program : group(program, path[0]!);
  // A verb with verbs below it, such as `scale`, leaves them their options.
  const command = parent.command(path.at(-1)!).description(verb.summary).enablePositionalOptions();
  for (const [notation, meaning] of verb.arguments) command.argument(notation, meaning);
  if (verb.reach === 'any') command.option('--to <remote>', 'use this remote instead of the local platform');
  for (const [flags, meaning, times] of verb.options) {
    const option = new Option(flags, meaning);
    if (times === 'many')
      option.argParser((value, before: readonly string[] | undefined) => [...(before ?? []), value]);
    command.addOption(option);
  }
  command
    .option('--json', 'print the outcome as JSON')
    .option('--home <folder>', 'home folder of the platform (default: SLIPWAY_HOME, else ~/.slipway)')
    .option('--verbose', 'print stack traces');
  command.action(async () => {
    const { json, home, verbose, to, ...own } = command.opts<CommonOptions & Record<string, unknown>>();
    const names = command.registeredArguments.map((argument) => argument.name());
    const given = Object.fromEntries(names.map((name, at) => [name, command.processedArgs[at] as unknown]));
    const common = {
      ...(json && { json }),
      ...(home !== undefined && { home }),
      ...(verbose && { verbose }),
      ...(to !== undefined && { to }),
    };
    await perform(verb, common, { ...given, ...own });
  });
}

function group(program: Command, name: string): Command {
  const found = program.commands.find((command) => command.name() === name);
  return found ?? program.command(name).description(`Commands of ${name}`);
}
