// Figures are shown alike in the terminal and in the editor.
export * from '../common/figures.ts';
