// One painted chart: lines over time. What it shows is told beside it in words and, in its table, in figures.
import uPlot from 'uplot';
import type { Dash, Line } from './lines.ts';
import { themePalette } from './colours.ts';

export interface ChartData {
  /** Seconds since the epoch. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  /** Versions in the order of their colours. */
  readonly versions: readonly string[];
  readonly show: (value: number) => string;
}

const dashes: Readonly<Record<Dash, number[]>> = { solid: [], dashed: [8, 4], dotted: [2, 4] };
const leastHeightPx = 150;
/** One line of times. */
const axisPx = 28;

export class Chart {
  readonly root: HTMLElement;
  readonly #pointed: (index: number | null) => void;
  #plot: uPlot | undefined;
  #data: ChartData | undefined;
  #print = '';

  /** @param pointed told over which bucket the pointer is */
  constructor(root: HTMLElement, pointed: (index: number | null) => void) {
    this.root = root;
    this.#pointed = pointed;
    new ResizeObserver(() => this.#fit()).observe(root);
  }

  show(data: ChartData): void {
    this.#data = data;
    if (this.root.clientWidth === 0) return;
    const print = data.lines.map(({ label }) => label).join();
    const columns = [data.times, ...data.lines.map(({ values }) => values)] as unknown as uPlot.AlignedData;
    if (this.#plot !== undefined && print === this.#print) return this.#plot.setData(columns);
    this.#print = print;
    this.#plot?.destroy();
    this.#plot = new uPlot(this.#options(data), columns, this.root);
  }

  /** Paints it anew, in the colours of another theme. */
  repaint(): void {
    this.#print = '';
    if (this.#data !== undefined) this.show(this.#data);
  }

  #fit(): void {
    const { width, height } = this.#size();
    if (width === 0) return;
    if (this.#plot === undefined) this.repaint();
    else if (this.#plot.width !== width || this.#plot.height !== height) this.#plot.setSize({ width, height });
  }

  /** The panels of a row are as high as the highest: a chart takes what its own leaves. */
  #size(): { readonly width: number; readonly height: number } {
    return { width: this.root.clientWidth, height: Math.max(leastHeightPx, this.root.clientHeight) };
  }

  #options({ lines, versions, show }: ChartData): uPlot.Options {
    const { text, grid, line } = themePalette();
    const axis = {
      stroke: text,
      grid: { stroke: grid, width: 1 },
      ticks: { stroke: grid, width: 1 },
      font: axisFont(),
    };
    return {
      ...this.#size(),
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { size: 6 } },
      hooks: { setCursor: [({ cursor }) => this.#pointed(cursor.idx ?? null)] },
      // A quiet chart is flat at its bottom, and not stretched to noise.
      scales: { y: { range: (_, low, high) => [Math.min(0, low), high > 0 ? high * 1.1 : 1] } },
      axes: [
        { ...axis, space: 90, size: axisPx, values: (_, splits) => splits.map(showTime) },
        { ...axis, size: 58, space: 32, values: (_, splits) => splits.map(show) },
      ],
      series: [
        {},
        ...lines.map(({ label, version, dash }) => ({
          label,
          stroke: line(versions.indexOf(version)),
          width: 1.5,
          dash: dashes[dash],
          spanGaps: false,
          points: { show: false },
        })),
      ],
    };
  }
}

export function showTime(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString([], { hour12: false });
}

function axisFont(): string {
  return `11px ${getComputedStyle(document.body).fontFamily}`;
}
