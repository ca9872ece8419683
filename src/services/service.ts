// A service as the workspace has it: the folder of a slipway.json, and what that file says as far as it can be read.
import { Uri, workspace } from 'vscode';
import { z } from 'zod';

/** As little of the manifest as the views need: a file that is being edited is often not valid. */
const Glance = z.object({
  name: z.string().min(1),
  main: z.string().optional().catch(undefined),
  class: z.string().optional().catch(undefined),
  framework: z.string().optional().catch(undefined),
  samples: z.string().catch('samples').default('samples'),
});

export interface Service {
  /** The folder. */
  readonly folder: Uri;
  readonly manifest: Uri;
  /** The name of its task; that of the folder where slipway.json does not tell. */
  readonly name: string;
  readonly main: Uri | undefined;
  readonly className: string | undefined;
  readonly framework: string | undefined;
  readonly samples: Uri;
  /** slipway.json is not JSON, or has no name. */
  readonly unreadable: boolean;
}

export async function readService(manifest: Uri): Promise<Service> {
  const folder = Uri.joinPath(manifest, '..');
  const glance = Glance.safeParse(await readJson(manifest)).data;
  const within = (path: string): Uri => Uri.joinPath(folder, ...path.split('/'));
  return {
    folder,
    manifest,
    name: glance?.name ?? folder.path.split('/').at(-1) ?? '',
    main: glance?.main === undefined ? undefined : within(glance.main),
    className: glance?.class,
    framework: glance?.framework,
    samples: within(glance?.samples ?? 'samples'),
    unreadable: glance === undefined,
  };
}

async function readJson(file: Uri): Promise<unknown> {
  try {
    return JSON.parse(new TextDecoder().decode(await workspace.fs.readFile(file))) as unknown;
  } catch {
    return undefined;
  }
}
