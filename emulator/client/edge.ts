// What users of the client need of common: the editor imports the client alone.
export { SlipwayError, fromReason, toSlipwayError } from '../common/errors.ts';
export { homeAt, type Home } from '../common/home.ts';
export { packageRoot } from '../common/assets.ts';
export * from '../common/figures.ts';
