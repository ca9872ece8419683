// docs/errors.md: the table of error codes for readers.
import { errorTable, type Blame } from '../../schemas/errors.ts';
import { generatedNote, type GeneratedFile } from './generated-file.ts';

const exitCodes: Readonly<Record<Blame, number>> = { user: 1, usage: 2, platform: 3 };

export function errorDocs(): GeneratedFile {
  const rows = Object.entries(errorTable).map(([code, { status, blame, meaning, hint }]) => {
    const cells = [`\`${code}\``, String(status), String(exitCodes[blame]), meaning, hint];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  const text = [
    `<!-- ${generatedNote} -->`,
    '# Errors',
    'Every error that leaves a process carries one of these codes, in `error.code` of the JSON body and in `--json` output.',
    'Status is that of an HTTP answer; exit is the exit code of the command line (1 your problem, 2 usage, 3 the platform).',
    '',
    '| code | status | exit | meaning | what to do |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
  return { path: 'docs/errors.md', text };
}
