// The table of frameworks as Markdown, and its place in docs/frameworks.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../emulator/common/assets.ts';
import type { FrameworkRow } from './frameworks.ts';

const page = join(packageRoot, 'docs', 'frameworks.md');
const [begin, end] = ['<!-- table: begin -->', '<!-- table: end -->'];

export function frameworksTable(rows: readonly FrameworkRow[]): string {
  const head = ['framework', 'library', 'model file', 'accuracy', 'cold start', 'warm start', 'requests/s'];
  const cells = rows.map(({ framework, library, model, accuracy, coldMs, warmMs, rps }) => [
    framework,
    library,
    `\`${model}\``,
    accuracy.toFixed(3),
    `${(coldMs / 1000).toFixed(2)} s`,
    `${(warmMs / 1000).toFixed(2)} s`,
    String(Math.round(rps / 10) * 10),
  ]);
  const lines = [head, ['---', '---', '---', '---:', '---:', '---:', '---:'], ...cells];
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n');
}

/** Replaces the table of the page, and what it says of the machine. */
export function writeFrameworksTable(rows: readonly FrameworkRow[]): void {
  const text = readFileSync(page, 'utf8');
  const [before, rest] = text.split(begin, 2);
  const after = rest?.split(end, 2)[1];
  if (before === undefined || after === undefined) throw new Error(`${page} has no place for the table`);
  const machine = `${cpus().length} cores, Node ${process.versions.node}, ${process.platform}`;
  const written = `${begin}\n\nMeasured on ${machine}:\n\n${frameworksTable(rows)}\n\n${end}`;
  writeFileSync(page, `${before}${written}${after}`);
}
