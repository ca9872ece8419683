// What a Python file defines and imports, found by Python's own parser. Nothing of the file is executed.
import { Inspection } from '../../schemas/worker.ts';
import { runtimeFolder } from '../common/assets.ts';
import { SlipwayError } from '../common/errors.ts';
import { runProcess } from './run-process.ts';

/** Parsing takes milliseconds; starting Python on a busy machine takes seconds. */
const timeoutMs = 20_000;
const maxOutputBytes = 4 * 1024 * 1024;

/**
 * @param python an interpreter, @param file absolute path of the main file.
 * @throws python_missing when the interpreter does not run, internal when it answers something else, cancelled
 */
export async function inspectSource(python: string, file: string, signal?: AbortSignal): Promise<Inspection> {
  const result = await runProcess(python, ['-s', '-m', 'slipway.inspect', file], {
    // Not the service's folder: `-m` looks for modules in the working directory first.
    cwd: runtimeFolder,
    env: inspectEnvironment(process.env),
    timeoutMs,
    maxOutputBytes,
    ...(signal === undefined ? {} : { signal }),
  });
  if (result.kind === 'not-started') {
    throw new SlipwayError('python_missing', `${python} could not be started: ${result.why}`);
  }
  const answer = Inspection.safeParse(parseJson(result.stdout));
  if (answer.success) return answer.data;
  throw new SlipwayError(
    'internal',
    `${python} could not parse ${file}: ${result.why ?? 'its answer is not an inspection'}. ${result.stderr.slice(-2000)}`.trim(),
  );
}

/** What Python needs to start on each system, and nothing that changes how it runs. */
function inspectEnvironment(from: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'SYSTEMROOT', 'TEMP', 'TMP', 'TMPDIR', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH'];
  return {
    ...Object.fromEntries(kept.filter((key) => from[key] !== undefined).map((key) => [key, from[key]])),
    PYTHONPATH: runtimeFolder,
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONUTF8: '1',
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
