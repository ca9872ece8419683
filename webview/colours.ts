// Colours of the theme for what is painted: a canvas knows no variables. They change with the theme.

/** Without orange, which themes make as faint as a mark behind text. */
const names = ['blue', 'yellow', 'green', 'purple', 'red'] as const;
const fallback = ['#3794ff', '#cca700', '#89d185', '#b180d7', '#f14c4c'];

export interface Palette {
  readonly text: string;
  readonly grid: string;
  /** By the number of a version. */
  readonly line: (index: number) => string;
}

export function themePalette(): Palette {
  const style = getComputedStyle(document.body);
  const value = (name: string, otherwise: string): string => {
    const found = style.getPropertyValue(`--vscode-${name}`).trim();
    return found === '' ? otherwise : found;
  };
  const lines = names.map((name, index) => value(`charts-${name}`, fallback[index]!));
  const text = value('foreground', '#888888');
  return { text, grid: `color-mix(in srgb, ${text} 18%, transparent)`, line: (index) => lines[index % lines.length]! };
}

/** Calls `changed` when the theme is another one. */
export function onTheme(changed: () => void): void {
  const observer = new MutationObserver(changed);
  observer.observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-id'] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
}
