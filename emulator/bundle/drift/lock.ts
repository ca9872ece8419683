// The lock of a service: its requirements and all that they need, as an environment has it.
import { z } from 'zod';
import { Lock } from '../../../schemas/target.ts';
import { SlipwayError } from '../../common/errors.ts';
import { archiveHashes } from '../archive-hashes.ts';
import { readManifest } from '../manifest.ts';
import { normalName, parseRequirement, resolveRequirements } from '../requirements.ts';
import { runProcess } from '../run-process.ts';

const timeoutMs = 30_000;
const maxOutputBytes = 8 * 1024 * 1024;
const script = `
import json, platform, re, sys
from importlib.metadata import distributions
found = {}
for d in distributions():
    name = d.metadata["Name"]
    if name:
        needs = [[re.match(r"[A-Za-z0-9._-]+", each).group(), "extra ==" in each] for each in d.requires or []]
        found.setdefault(name, [d.version, needs])
about = {"python": platform.python_version(), "system": sys.platform, "machine": platform.machine()}
print(json.dumps({**about, "packages": found}))
`;
const Told = Lock.pick({ python: true, system: true, machine: true }).extend({
  packages: z.record(z.string(), z.tuple([z.string(), z.array(z.tuple([z.string(), z.boolean()]))])),
});
/** What environments are made with: part of a service only where something cannot do without it. */
const tools: ReadonlySet<string> = new Set(['pip', 'setuptools', 'wheel']);

/** @param python the interpreter of the service's environment. @throws environment_failed when it does not answer */
export async function lockOf(
  folder: string,
  python: string,
  { env, signal }: { readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Promise<Lock> {
  const requirements = await resolveRequirements(folder, await readManifest(folder));
  const result = await runProcess(python, ['-I', '-c', script], { timeoutMs, maxOutputBytes, env, signal });
  const told = Told.safeParse(result.kind === 'ended' ? parseJson(result.stdout) : undefined);
  if (!told.success) throw new SlipwayError('environment_failed', `${python} does not tell what it is.`);
  const { packages: found, ...about } = told.data;
  const asked = requirements.map((text) => parseRequirement(text, text).name);
  const packages = packagesOf(found, asked);
  const hashes = await archiveHashes({ python, packages, env, signal });
  return { format: 1, ...about, requirements, packages, ...(hashes === undefined ? {} : { hashes }) };
}

type Found = z.infer<typeof Told>['packages'];

/**
 * Normalised name to version, in order: an interpreter that the user chose has more than the service asks for. What is
 * needed for an extra counts when it is there.
 */
function packagesOf(found: Found, asked: readonly string[]): Record<string, string> {
  const all = new Map(Object.entries(found).map(([name, [version, needs]]) => [normalName(name), { version, needs }]));
  const kept = new Map<string, string>();
  const waiting = [...asked];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const installed = all.get(name);
    if (installed === undefined || kept.has(name)) continue;
    kept.set(name, installed.version);
    const needs = installed.needs.map(([each, isForExtra]) => ({ name: normalName(each), isForExtra }));
    waiting.push(...needs.filter((each) => !(each.isForExtra && tools.has(each.name))).map((each) => each.name));
  }
  return Object.fromEntries([...kept].sort(([one], [other]) => (one < other ? -1 : 1)));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
