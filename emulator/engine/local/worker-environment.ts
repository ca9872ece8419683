// The environment variables of workers: a short list is passed on, everything else of the platform's own is not.
// Tokens and passwords of the user's shell must not reach the code of a service unless its manifest names them.
import { runtimeFolder } from '../../common/assets.ts';

/** Marks that let a later platform find what an earlier one left behind. */
export interface WorkerMarks {
  /** Root of the home folder. */
  readonly home: string;
  /** The platform process: pid and start time. */
  readonly platform: string;
  /** The warm parent or, for a worker without one, the launch. */
  readonly parent: string;
}

export const homeMark = 'SLIPWAY_PLATFORM_HOME';
export const platformMark = 'SLIPWAY_PLATFORM';
export const parentMark = 'SLIPWAY_PARENT';
export const replicaMark = 'SLIPWAY_REPLICA';

const passed = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR', 'TEMP', 'TMP'],
  ...['LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'DYLD_FALLBACK_LIBRARY_PATH', 'XDG_CACHE_HOME', 'XDG_DATA_HOME'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'no_proxy', 'all_proxy'],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS'],
  // Windows does not start programs without these.
  ...['SystemRoot', 'SYSTEMROOT', 'SystemDrive', 'windir', 'ComSpec', 'COMSPEC', 'PATHEXT', 'Path', 'USERPROFILE'],
  ...['APPDATA', 'LOCALAPPDATA', 'ProgramData', 'ProgramFiles', 'NUMBER_OF_PROCESSORS'],
]);
const passedPrefixes = ['LC_', 'CUDA_', 'NVIDIA_', 'ROCM_', 'HIP_'];
const secret = /TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|API_?KEY|PRIVATE_KEY/i;

/** Every numeric library has its own name for the number of threads. */
const threadVariables = [
  'OMP_NUM_THREADS',
  'OPENBLAS_NUM_THREADS',
  'MKL_NUM_THREADS',
  'NUMEXPR_NUM_THREADS',
  'VECLIB_MAXIMUM_THREADS',
  'BLIS_NUM_THREADS',
  'TF_NUM_INTRAOP_THREADS',
  'TF_NUM_INTEROP_THREADS',
];

/** What of `own` may be seen by the code of a service. */
export function cleanEnvironment(own: NodeJS.ProcessEnv): Record<string, string> {
  const clean: Record<string, string> = {};
  for (const [name, value] of Object.entries(own)) {
    if (value === undefined || secret.test(name)) continue;
    if (passed.has(name) || passedPrefixes.some((prefix) => name.startsWith(prefix))) clean[name] = value;
  }
  return clean;
}

/** Keeps numeric libraries to this many threads. */
export function threadEnvironment(threads: number): Record<string, string> {
  return Object.fromEntries(threadVariables.map((name) => [name, String(threads)]));
}

/** The whole environment of a warm parent, which its workers inherit; a version's own variables are set after the fork. */
export function workerEnvironment(own: NodeJS.ProcessEnv, marks: WorkerMarks, threads: number): Record<string, string> {
  return {
    ...cleanEnvironment(own),
    ...threadEnvironment(threads),
    PYTHONPATH: runtimeFolder,
    [homeMark]: marks.home,
    [platformMark]: marks.platform,
    [parentMark]: marks.parent,
  };
}
