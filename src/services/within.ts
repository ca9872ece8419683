// Whether paths of URIs are the same, or one lies in the other. Windows does not tell them apart by case, in the letter of a
// drive least of all, and macOS, as it comes, does not either.

const folds: ReadonlySet<NodeJS.Platform> = new Set(['win32', 'darwin']);

/** @param path of a URI, with `/` */
export function isWithin(path: string, folder: string, platform: NodeJS.Platform = process.platform): boolean {
  const [inner, outer] = [path, folder].map((one) => `${folded(one, platform).replace(/\/+$/, '')}/`);
  return inner!.startsWith(outer!);
}

export function isSamePath(one: string, other: string, platform: NodeJS.Platform = process.platform): boolean {
  return folded(one, platform) === folded(other, platform);
}

const folded = (path: string, platform: NodeJS.Platform): string => (folds.has(platform) ? path.toLowerCase() : path);
