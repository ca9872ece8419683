// slipway cluster: what is to be applied to a Kubernetes cluster so that Slipway runs there.
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { readTarget } from '../../bundle/drift/gate.ts';
import { clusterObjects } from '../../cluster/manifests/objects.ts';
import { defaultManifestOptions } from '../../cluster/manifests/options.ts';
import { secretObjects } from '../../cluster/manifests/secrets.ts';
import { toDocuments } from '../../cluster/manifests/yaml.ts';
import { awsEndpoint } from '../../common/aws-endpoint.ts';
import { SlipwayError } from '../../common/errors.ts';
import { randomHex } from '../../common/random.ts';
import { exitCode } from '../failure.ts';
import type { Session } from '../session.ts';
import { WholeNumber, defineVerb } from '../verb.ts';

const Namespace = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
const defaults = defaultManifestOptions;

export const clusterManifests = defineVerb({
  name: 'cluster manifests',
  reach: 'local',
  summary: 'Print all objects of an installation: slipway cluster manifests | kubectl apply -f -',
  options: [
    ['--namespace <name>', `namespace (default: ${defaults.namespace})`],
    ['--platform-image <image>', `image of controllers and gateways (default: ${defaults.platformImage})`],
    ['--replica-image <image>', `image of replicas (default: ${defaults.replicaImage})`],
    ['--pull-policy <policy>', 'Always, IfNotPresent or Never (default: IfNotPresent)'],
    ['--image-pull-secret <name>', 'secret that opens the registry of both images'],
    ['--controllers <count>', 'controllers, of which one leads (default: 2)'],
    ['--gateways <count>', 'gateways (default: 2)'],
    [
      '--service-type <type>',
      'ClusterIP, NodePort or LoadBalancer for control API and gateways (default: LoadBalancer)',
    ],
    ['--inference-url <url>', 'URL of the gateways that clients are told'],
    ['--storage <size>', `size of the volume of bundles (default: ${defaults.storage})`],
    ['--storage-class <name>', 'its storage class (default: that of the cluster)'],
    ['--s3-bucket <name>', 'keep bundles in this bucket of an S3-compatible store instead of a volume'],
    ['--s3-endpoint <url>', 'URL of that store (default: that of the region at AWS)'],
    ['--s3-region <name>', 'its region (default: us-east-1)'],
    ['--s3-secret <name>', 'secret with its accessKeyId and secretAccessKey (default: slipway-s3)'],
    [
      '--s3-role <arn>',
      'instead of a secret: role of the service account slipway-bundles; "pod" for what the cluster gives to that',
    ],
    ['--lost-after <seconds>', 'how long pods stay on a node that does not answer (default: 5)'],
    ['--target <file>', 'what is in the image of replicas, as `python -m slipway.target` prints it there'],
    ['--allow-faults', 'a namespace to try things out in: rehearsals may inject faults'],
    ['--gpu-resource <name>', `resource of a GPU (default: ${defaults.gpuResource})`],
  ],
  input: z.strictObject({
    namespace: Namespace.default(defaults.namespace),
    platformImage: z.string().default(defaults.platformImage),
    replicaImage: z.string().default(defaults.replicaImage),
    pullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).default('IfNotPresent'),
    imagePullSecret: Namespace.optional(),
    controllers: WholeNumber.default(defaults.controllers),
    gateways: WholeNumber.default(defaults.gateways),
    serviceType: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer']).default(defaults.serviceType),
    inferenceUrl: z.url().default(defaults.inferenceUrl),
    storage: z.string().default(defaults.storage),
    storageClass: z.string().optional(),
    s3Bucket: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)
      .optional(),
    s3Endpoint: z.url({ protocol: /^https?$/ }).optional(),
    s3Region: z
      .string()
      .regex(/^[a-z0-9-]+$/)
      .default('us-east-1'),
    s3Secret: Namespace.default('slipway-s3'),
    s3Role: z
      .string()
      .regex(/^(?:pod|arn:[a-z0-9-]+:iam::[0-9]*:role\/.+)$/, 'expected arn:aws:iam::ACCOUNT:role/NAME, or pod')
      .optional(),
    lostAfter: WholeNumber.default(defaults.lostAfterSeconds),
    gpuResource: z.string().default(defaults.gpuResource),
    allowFaults: z.boolean().default(false),
    target: z.string().optional(),
  }),
  async run(session, { lostAfter, target: file, s3Bucket, s3Endpoint, s3Region, s3Secret, s3Role, ...input }) {
    if (s3Endpoint !== undefined && s3Bucket === undefined) {
      throw new SlipwayError('usage', 'Name the bucket of that store with --s3-bucket NAME.');
    }
    const endpoint = s3Endpoint ?? awsEndpoint('s3', s3Region);
    const opener = { secret: s3Secret, role: s3Role };
    const s3 = s3Bucket === undefined ? undefined : { bucket: s3Bucket, endpoint, region: s3Region, ...opener };
    // Of the Python packages that the image has, those of a service are installed into a folder that goes before them.
    const target =
      file === undefined
        ? undefined
        : { ...(await readTarget(resolve(session.terminal.cwd, file))), installs: true, installsApt: false };
    const objects = clusterObjects({ ...defaults, ...input, s3, lostAfterSeconds: lostAfter, target });
    session.print({ apiVersion: 'v1', kind: 'List', items: objects }, () => [toDocuments(objects).trimEnd()]);
    return exitCode.done;
  },
});

export const clusterSecrets = defineVerb({
  name: 'cluster secrets',
  reach: 'local',
  summary: 'Print the secrets of a new installation, once: slipway cluster secrets … | kubectl create -f -',
  options: [
    ['--namespace <name>', `namespace (default: ${defaults.namespace})`],
    ['--tls-cert <file>', 'certificate of the control API, in PEM'],
    ['--tls-key <file>', 'its key, in PEM'],
    ['--token-file <file>', 'where the first token, of an administrator, is written'],
  ],
  input: z.strictObject({
    namespace: Namespace.default(defaults.namespace),
    tlsCert: z.string({ error: 'name the certificate with --tls-cert FILE' }),
    tlsKey: z.string({ error: 'name its key with --tls-key FILE' }),
    tokenFile: z.string({ error: 'name a file for the first token with --token-file FILE' }),
  }),
  async run(session, { namespace, tlsCert, tlsKey, tokenFile }) {
    const { objects, token } = secretObjects({
      namespace,
      cert: await read(session, tlsCert),
      tlsKey: await read(session, tlsKey),
      key: randomHex(32),
      tokenId: randomHex(4),
      tokenSecret: randomHex(32),
      now: session.clock.now(),
    });
    await writeFile(resolve(session.terminal.cwd, tokenFile), `${token}\n`, { mode: 0o600, flag: 'wx' }).catch(
      (error: unknown) => {
        throw new SlipwayError('usage', `${tokenFile} cannot be written: ${(error as Error).message}.`, {
          cause: error,
        });
      },
    );
    session.print({ apiVersion: 'v1', kind: 'List', items: objects }, () => [toDocuments(objects).trimEnd()]);
    return exitCode.done;
  },
});

async function read(session: Session, file: string): Promise<string> {
  try {
    return await readFile(resolve(session.terminal.cwd, file), 'utf8');
  } catch (error) {
    throw new SlipwayError('usage', `${file} cannot be read: ${(error as Error).message}.`, { cause: error });
  }
}
