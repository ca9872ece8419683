// Figures for people, as every surface of Slipway writes them.
export * from '../../schemas/figures.ts';
