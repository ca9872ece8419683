// Which operation a request means. What is not in the table does not exist, whatever express would make of it.
import { operations, type Operation, type OperationName } from '../../../schemas/operations.ts';
import { SlipwayError } from '../../common/errors.ts';

export interface Route {
  readonly name: OperationName;
  readonly operation: Operation;
}

export type Match =
  | ({ readonly kind: 'found' } & Route)
  | { readonly kind: 'wrong-method'; readonly allow: readonly string[] }
  | { readonly kind: 'unknown' };

export const routes: readonly Route[] = (Object.entries(operations) as [OperationName, Operation][]).map(
  ([name, operation]) => ({ name, operation }),
);

/** A path of the API is far shorter. */
const maxTarget = 4096;

/**
 * The path of a request target.
 * @throws SlipwayError api_invalid where two readers could understand it differently: encoded slashes, `..`, `//`, NUL
 */
export function pathOf(target: string): string {
  const path = target.split(/[?#]/, 1)[0]!;
  if (target.length > maxTarget)
    throw new SlipwayError('api_invalid', `The path is longer than ${maxTarget} characters.`);
  if (!path.startsWith('/')) throw new SlipwayError('api_invalid', 'The request target is not a path.');
  if (/\/\/|\\|%(?:2f|5c|00|2e)|[^\x21-\x7e]|(?:^|\/)\.\.?(?:\/|$)/i.test(path)) {
    throw new SlipwayError('api_invalid', 'The path holds "..", "//", or an encoded ".", "/", "\\" or NUL.');
  }
  if (/%(?![0-9a-f]{2})/i.test(path))
    throw new SlipwayError('api_invalid', 'The path holds a "%" that encodes nothing.');
  return path;
}

/** @param path as pathOf gave it. */
export function matchRoute(method: string, path: string): Match {
  const there = routes.filter(({ operation }) => fits(operation.path, path));
  if (there.length === 0) return { kind: 'unknown' };
  const found = there.find(({ operation }) => operation.method.toUpperCase() === method);
  if (found !== undefined) return { kind: 'found', ...found };
  return { kind: 'wrong-method', allow: there.map(({ operation }) => operation.method.toUpperCase()) };
}

function fits(pattern: string, path: string): boolean {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return false;
  return wanted.every((part, index) => (part.startsWith(':') ? given[index] !== '' : part === given[index]));
}
