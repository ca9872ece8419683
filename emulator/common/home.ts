// The home folder of a local platform: where everything is, and nothing else.
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface Home {
  readonly root: string;
  /** Desired state, one file a task. */
  readonly tasks: string;
  /** Sums of experiments, one file a task. */
  readonly experiments: string;
  /** Unpacked bundles, by digest. */
  readonly bundles: string;
  /** Archives that arrive in pieces. */
  readonly uploads: string;
  /** Python environments, by digest of their dependency list. */
  readonly environments: string;
  /** Sockets of the running platform; short, for the 104 bytes that a unix socket path may have. */
  readonly run: string;
  /** Records of containers, for the next platform. */
  readonly containers: string;
  readonly log: string;
  /** How a running platform is found (schemas/platform.ts). */
  readonly info: string;
  readonly token: string;
  readonly lock: string;
  /** Tokens for those who come from other machines, hashed. */
  readonly access: string;
  readonly audit: string;
  /** Remotes that the user added, and a folder with a token for each. */
  readonly remotes: string;
  readonly remoteTokens: string;
}

/** @param root default: SLIPWAY_HOME, else `.slipway` in the user's home folder. */
export function homeAt(root: string = process.env['SLIPWAY_HOME'] ?? join(homedir(), '.slipway')): Home {
  return {
    root,
    tasks: join(root, 'tasks'),
    experiments: join(root, 'experiments'),
    bundles: join(root, 'bundles'),
    uploads: join(root, 'uploads'),
    environments: join(root, 'environments'),
    run: join(root, 'run'),
    containers: join(root, 'containers'),
    log: join(root, 'platform.log'),
    info: join(root, 'platform.json'),
    token: join(root, 'token'),
    lock: join(root, 'lock'),
    access: join(root, 'access.json'),
    audit: join(root, 'audit.log'),
    remotes: join(root, 'remotes.json'),
    remoteTokens: join(root, 'remote-tokens'),
  };
}
