// Aligned tables that fit the terminal: the last column gives way first.
import { noPaint, type Paint, type Tone } from './paint.ts';

export interface Cell {
  readonly text: string;
  readonly tone?: Tone;
}

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

const gap = '  ';

/** @returns lines without line ends; widths count code points, which is right for the symbols we use. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  width: number,
  paint: Paint = noPaint,
): string[] {
  const heads = columns.map(({ title }): Cell => ({ text: title, tone: 'quiet' }));
  const widths = columns.map((_, at) => Math.max(...[heads, ...rows].map((row) => lengthOf(row[at]?.text ?? ''))));
  const taken = widths.slice(0, -1).reduce((sum, one) => sum + one + gap.length, 0);
  const last = columns.length - 1;
  widths[last] = Math.min(widths[last] ?? 0, Math.max(8, width - taken));
  return [heads, ...rows].map((row) =>
    row
      .map((cell, at) => {
        const text = fit(cell.text, widths[at]!);
        const space = ' '.repeat(widths[at]! - lengthOf(text));
        const shown = paint(text, cell.tone ?? 'plain');
        return columns[at]?.align === 'right' ? space + shown : shown + (at === last ? '' : space);
      })
      .join(gap)
      .trimEnd(),
  );
}

function lengthOf(text: string): number {
  return Array.from(text).length;
}

function fit(text: string, width: number): string {
  const points = Array.from(text.replaceAll('\n', ' '));
  return points.length <= width ? points.join('') : `${points.slice(0, width - 1).join('')}…`;
}
