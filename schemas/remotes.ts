// The remotes of a user: <home>/remotes.json. Tokens are not in it; see emulator/client/remotes.ts.
import { z } from 'zod';

export const RemoteName = z
  .string()
  .regex(/^(?!local$)[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?$/, 'use 1 to 32 of a-z, 0-9 and "-", and not "local"');
export type RemoteName = z.infer<typeof RemoteName>;

export const Remote = z.object({
  /** URL of the control API, without a path. */
  url: z.url({ protocol: /^https?$/ }),
  /** URL of the gateway, when it is not the one that the platform tells. */
  inference: z.url({ protocol: /^https?$/ }).optional(),
  /** Certificate authority, or the certificate itself, in PEM; left out: those that the system trusts. */
  ca: z.string().optional(),
});
export type Remote = z.infer<typeof Remote>;

export const RemotesFile = z.object({ version: z.literal(1), remotes: z.record(RemoteName, Remote) });
export type RemotesFile = z.infer<typeof RemotesFile>;
