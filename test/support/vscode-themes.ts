// The four kinds of colours of the workbench, and pictures of a window in them. What a picture shows stays open meanwhile.
import type { EditorServer } from './vscode-server.ts';
import type { EditorWindow } from './vscode-window.ts';

export const themes = {
  dark: { name: 'Dark 2026', shown: 'vs-dark' },
  light: { name: 'Light 2026', shown: 'vs' },
  'hc-dark': { name: 'Default High Contrast', shown: 'hc-black' },
  'hc-light': { name: 'Default High Contrast Light', shown: 'hc-light' },
} as const;
export type ThemeKind = keyof typeof themes;
export const themeKinds = Object.keys(themes) as ThemeKind[];

/** Resolves when the workbench has the colours. */
export async function useTheme(server: EditorServer, window: EditorWindow, kind: ThemeKind): Promise<void> {
  const { name, shown } = themes[kind];
  await server.set({ 'workbench.colorTheme': name });
  await window.page.locator(`.monaco-workbench.${shown}`).waitFor();
}

/** A picture in each theme, named `name-theme`; ends in the first theme again. */
export async function inThemes(
  server: EditorServer,
  window: EditorWindow,
  name: string,
  kinds: readonly ThemeKind[] = themeKinds,
): Promise<void> {
  for (const kind of kinds) {
    await useTheme(server, window, kind);
    await window.screenshot(`${name}-${kind}`);
  }
}
