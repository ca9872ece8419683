// Completion scripts for bash, zsh and fish, generated from the command tree.
import type { Command } from 'commander';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

interface Entry {
  /** `deploy`, `env list`. */
  readonly path: string;
  readonly summary: string;
  /** Names of the commands below it. */
  readonly below: readonly string[];
  readonly flags: readonly { readonly long: string; readonly summary: string }[];
}

export function completionScript(program: Command, shell: Shell): string {
  const entries = collect(program, '');
  switch (shell) {
    case 'bash':
      return bash(entries);
    case 'zsh':
      // zsh runs bash completions through its own adapter.
      return `#compdef slipway\nautoload -U +X bashcompinit && bashcompinit\n${bash(entries)}`;
    case 'fish':
      return fish(entries);
  }
}

function collect(command: Command, path: string): Entry[] {
  const below = command.commands.filter((one) => one.name() !== 'help');
  const own: Entry = {
    path,
    summary: command.description(),
    below: below.map((one) => one.name()),
    flags: command.options.map((option) => ({ long: option.long ?? option.flags, summary: option.description })),
  };
  return [own, ...below.flatMap((one) => collect(one, `${path} ${one.name()}`.trim()))];
}

function bash(entries: readonly Entry[]): string {
  const cases = entries
    .filter(({ path }) => path !== '')
    .map(({ path, below, flags }) => {
      const words = [...below, ...flags.map(({ long }) => long), '--help'].join(' ');
      return `    ${quote(path)}) words=${quote(words)} ;;`;
    });
  const groups = entries.filter(({ path, below }) => path !== '' && below.length > 0).map(({ path }) => path);
  return `# Completion of slipway; load it with: source <(slipway completion bash)
_slipway() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="\${COMP_WORDS[1]}" words=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    words=${quote([...entries[0]!.below, '--help', '--version'].join(' '))}
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
  case "$path" in
    ${groups.length === 0 ? '""' : groups.join('|')}) [ "$COMP_CWORD" -gt 2 ] && path="$path \${COMP_WORDS[2]}" ;;
  esac
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  case "$current" in
    -*) ;;
    *) COMPREPLY+=($(compgen -f -- "$current")) ;;
  esac
}
complete -o filenames -F _slipway slipway
`;
}

function fish(entries: readonly Entry[]): string {
  const lines = ['# Completion of slipway; load it with: slipway completion fish | source'];
  for (const { path, summary, flags } of entries) {
    const words = path === '' ? [] : path.split(' ');
    const parent = words.slice(0, -1);
    if (words.length > 0) {
      const when = parent.length === 0 ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${parent.join(' ')}`;
      lines.push(`complete -c slipway -f -n ${quote(when)} -a ${quote(words.at(-1)!)} -d ${quote(summary)}`);
    }
    const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
    for (const { long, summary: meaning } of flags) {
      const condition = seen === '' ? '' : ` -n ${quote(seen)}`;
      lines.push(`complete -c slipway${condition} -l ${quote(long.replace(/^--/, ''))} -d ${quote(meaning)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** A word in single quotes means the same to all three shells. */
function quote(text: string): string {
  return `'${text.replaceAll("'", '')}'`;
}
