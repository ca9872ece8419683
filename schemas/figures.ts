// Figures for people: short, and of the same width while they change.

/** Two significant digits under 10, whole numbers to 999, then `1.2k`, `3.4M`. */
export function showNumber(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (value < 0) return `-${showNumber(-value)}`;
  if (value === 0) return '0';
  if (value < 9.95) return value < 0.95 ? value.toFixed(value < 0.095 ? 3 : 2) : value.toFixed(1);
  if (value < 999.5) return value.toFixed(0);
  if (value < 999_500) return `${shorten(value / 1e3)}k`;
  return `${shorten(value / 1e6)}M`;
}

function shorten(value: number): string {
  return value < 99.95 ? value.toFixed(1) : value.toFixed(0);
}

/** An amount that stays as it is, such as that of processors: `4`, `0.5`, `1.25`. */
export function showAmount(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** `0.84 ms`, `12 ms`, `3.4 s`, `2 min 5 s`, `3 h 12 min`, `4 d 2 h`. */
export function showDuration(ms: number): string {
  if (ms < 1_000) return `${showNumber(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1_440) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Milliseconds as a number to read: three digits that count, and no part of a millisecond from 100 on. */
export function roundMs(ms: number): number {
  return ms >= 100 ? Math.round(ms) : Number(ms.toPrecision(3));
}

/** `812 B`, `1.4 KiB`, `63 MiB`. */
export function showBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let [value, unit] = [bytes, 0];
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 9.95 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]!}`;
}

/** `1 replica`, `2 replicas`. */
export function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}
