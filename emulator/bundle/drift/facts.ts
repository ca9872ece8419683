// What a service folder needs: its manifest, its requirements, its model files by their content, its lock.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Artifacts, type Artifact } from '../../../schemas/target.ts';
import { runtimeFolder } from '../../common/assets.ts';
import { SlipwayError } from '../../common/errors.ts';
import { readLock } from '../lock-file.ts';
import { readManifest } from '../manifest.ts';
import { resolveRequirements } from '../requirements.ts';
import { runProcess } from '../run-process.ts';
import type { ServiceFacts } from './compare.ts';

const timeoutMs = 120_000;

/** @param python any interpreter: model files are looked at, not loaded. @throws SlipwayError */
export async function serviceFacts(folder: string, python: string, signal: AbortSignal): Promise<ServiceFacts> {
  const manifest = await readManifest(folder);
  const model = manifest.model === undefined ? undefined : join(folder, manifest.model);
  return {
    manifest,
    requirements: await resolveRequirements(folder, manifest),
    artifacts:
      model === undefined || !existsSync(model) ? [] : await modelFiles(python, model, manifest.model!, signal),
    lock: await readLock(folder),
  };
}

async function modelFiles(python: string, path: string, shown: string, signal: AbortSignal): Promise<Artifact[]> {
  const result = await runProcess(python, ['-s', '-m', 'slipway.models', path], {
    cwd: runtimeFolder,
    env: { ...process.env, PYTHONPATH: runtimeFolder, PYTHONDONTWRITEBYTECODE: '1', PYTHONUTF8: '1' },
    timeoutMs,
    maxOutputBytes: 8 * 1024 * 1024,
    signal,
  });
  const stdout = result.kind === 'ended' ? result.stdout : '';
  const parsed = Artifacts.safeParse(parseJson(stdout));
  if (!parsed.success) {
    const why = result.kind === 'ended' ? result.stderr.trim().split('\n').at(-1) : result.why;
    throw new SlipwayError('internal', `${python} could not look at the model files: ${why ?? 'no answer'}`);
  }
  return parsed.data.artifacts.map((each) => ({ ...each, path: inFolder(shown, each.path) }));
}

/** A path below the model, as one of the service folder; a model that is a file has its own name already. */
function inFolder(model: string, path: string): string {
  return model.endsWith(`/${path}`) || model === path ? model : `${model.replace(/\/$/, '')}/${path}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
