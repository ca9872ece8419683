// The drift gate over a folder: its facts against a target, which a file may describe.
import { readFile } from 'node:fs/promises';
import { Target } from '../../../schemas/target.ts';
import { SlipwayError } from '../../common/errors.ts';
import type { Finding } from '../finding.ts';
import { withFixes } from '../fix/fixes.ts';
import { choosePython, discoverPythons, oldestPython, type Discovery } from '../python.ts';
import { compare } from './compare.ts';
import { serviceFacts } from './facts.ts';

/**
 * What differs between a service and a target; empty when nothing does.
 * @param known the interpreters of this machine, where somebody has asked for them. @throws SlipwayError
 */
export async function driftFindings(
  folder: string,
  target: Target,
  signal: AbortSignal,
  known?: Discovery,
): Promise<Finding[]> {
  // Any Python looks at files; that of the service may not be here.
  const { path } = choosePython(known ?? (await discoverPythons({ signal })), oldestPython);
  const facts = await serviceFacts(folder, path, signal);
  const found = await withFixes(folder, facts.manifest, compare(facts, target));
  return found.map((each) => ({ ...each, target: target.name }));
}

/** A target from its file. @throws path_missing, manifest_invalid with the field */
export async function readTarget(file: string): Promise<Target> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new SlipwayError('path_missing', `There is no target ${file}.`, {
      hint: 'Name "local", a remote (`slipway remote list`), or a JSON file that describes the base image.',
      cause: error,
    });
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SlipwayError('manifest_invalid', `${file} is not JSON: ${(error as Error).message}`, { cause: error });
  }
  const parsed = Target.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new SlipwayError('manifest_invalid', `${file}: "${issue.path.join('.')}": ${issue.message}`, {
    hint: 'The schema is schemas/json/target.json.',
  });
}
