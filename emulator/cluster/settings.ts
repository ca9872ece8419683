// What a process of the cluster is told by its environment, as the manifests set it.
import { z } from 'zod';
import { Target } from '../../schemas/target.ts';
import { SlipwayError } from '../common/errors.ts';

const Settings = z.object({
  SLIPWAY_NAMESPACE: z.string().min(1),
  POD_NAME: z.string().min(1),
  /** All addresses of the pod, with commas. */
  POD_IPS: z.string().default(''),
  SLIPWAY_PLATFORM_IMAGE: z.string().default(''),
  SLIPWAY_REPLICA_IMAGE: z.string().default(''),
  SLIPWAY_PULL_POLICY: z.string().default('IfNotPresent'),
  SLIPWAY_IMAGE_PULL_SECRET: z.string().min(1).optional(),
  SLIPWAY_PYTHON: z.string().default('python3'),
  SLIPWAY_INFERENCE_URL: z.string().default('http://slipway-gateway'),
  SLIPWAY_LOST_AFTER_SECONDS: z.coerce.number().int().min(0).default(5),
  SLIPWAY_GPU_RESOURCE: z.string().default('nvidia.com/gpu'),
  SLIPWAY_REPLICA_TARGET: z
    .string()
    .transform((text) => Target.parse(JSON.parse(text)))
    .optional(),
  SLIPWAY_TLS: z.string().default('/slipway/tls'),
  SLIPWAY_KEY_FILE: z.string().default('/slipway/key/key'),
  SLIPWAY_DATA: z.string().default('/slipway/data'),
  /** With it bundles are in a bucket, and the folder of the data is for what arrives. */
  SLIPWAY_S3_BUCKET: z.string().min(1).optional(),
  SLIPWAY_S3_ENDPOINT: z.url().default('https://s3.amazonaws.com'),
  SLIPWAY_S3_REGION: z.string().default('us-east-1'),
  SLIPWAY_S3_KEYS: z.string().min(1).optional(),
  /** What clusters give to the pods of a service account, under the names that such stores have for it. */
  AWS_ROLE_ARN: z.string().min(1).optional(),
  AWS_WEB_IDENTITY_TOKEN_FILE: z.string().min(1).optional(),
  AWS_ENDPOINT_URL_STS: z.url().optional(),
  AWS_CONTAINER_CREDENTIALS_FULL_URI: z.url().optional(),
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: z.string().min(1).optional(),
});
export type Settings = z.infer<typeof Settings>;

/** @throws SlipwayError usage */
export function settingsFrom(env: NodeJS.ProcessEnv): Settings {
  const parsed = Settings.safeParse(env);
  if (parsed.success) return parsed.data;
  const names = parsed.error.issues.map(({ path }) => path.join('.')).join(', ');
  throw new SlipwayError('usage', `These variables of the environment are missing or wrong: ${names}.`);
}

/** Where a Service is reached: by the address that Kubernetes puts into the environment, else by its name. */
export function serviceUrl(env: NodeJS.ProcessEnv, service: string, port: number): string {
  const prefix = service.toUpperCase().replaceAll('-', '_');
  const host = env[`${prefix}_SERVICE_HOST`] ?? service;
  return `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Where a server of a pod listens to be reached at each of its addresses. */
export function anyAddress({ POD_IPS }: { readonly POD_IPS: string }): '::' | '0.0.0.0' {
  return POD_IPS.includes(':') ? '::' : '0.0.0.0';
}
