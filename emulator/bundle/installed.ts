// Whether an interpreter has what a service asks for already: its packages are listed, none is imported.
import { z } from 'zod';
import { clauseHolds, type Clause } from './python-range.ts';
import { normalName, parseRequirement, type Requirement } from './requirements.ts';
import { runProcess } from './run-process.ts';

/** Normalised name to version. */
export type InstalledPackages = Readonly<Record<string, string>>;

const timeoutMs = 30_000;
const script = [
  'import json',
  'from importlib.metadata import distributions',
  'found = {}',
  'for d in distributions():',
  '    name = d.metadata["Name"]',
  '    if name: found.setdefault(name, d.version)',
  'print(json.dumps(found))',
].join('\n');
const Answer = z.record(z.string(), z.string());

/** The packages of an interpreter; empty when it does not tell. */
export async function installedPackages(
  python: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<InstalledPackages> {
  const result = await runProcess(python, ['-I', '-c', script], {
    timeoutMs,
    maxOutputBytes: 4 * 1024 * 1024,
    env,
    ...(signal === undefined ? {} : { signal }),
  });
  if (result.kind === 'not-started' || result.why !== undefined) return {};
  let json: unknown;
  try {
    json = JSON.parse(result.stdout);
  } catch {
    return {};
  }
  const answer = Answer.safeParse(json);
  if (!answer.success) return {};
  return Object.fromEntries(Object.entries(answer.data).map(([name, version]) => [normalName(name), version]));
}

/**
 * The first requirement that is not certainly met, with why; undefined when all are. What cannot be told from a list of
 * names and versions (markers, extras, addresses, hashes, pre-releases) counts as not met.
 */
export function unmetRequirement(requirements: readonly string[], installed: InstalledPackages): string | undefined {
  for (const text of requirements) {
    const why = unmet(parseRequirement(text, text), installed);
    if (why !== undefined) return `${text} (${why})`;
  }
  return undefined;
}

function unmet(requirement: Requirement, installed: InstalledPackages): string | undefined {
  const { name, extras, clauses, url, marker, hashes } = requirement;
  const version = Object.hasOwn(installed, name) ? installed[name] : undefined;
  if (version === undefined) return 'not installed';
  if (url !== undefined || marker !== undefined || extras.length > 0 || hashes.length > 0) return 'cannot be told';
  const holds = clauses.every((clause) => clauseHolds(clause as Clause, version) === true);
  return holds ? undefined : `${version} is installed`;
}
