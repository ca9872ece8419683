// How often what takes long is repeated: once, or as SLIPWAY_REPEAT says.

export const repeats = Math.max(1, Number(process.env['SLIPWAY_REPEAT'] ?? '1') || 1);
