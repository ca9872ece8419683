// The Dockerfiles of the three parts of a service's image. Pure. Nothing of the user's is put into a command: lists of
// packages are files, which the commands read.
import { imageLabels, imageUser, layout } from './image-layout.ts';

export type ImagePart = 'dependencies' | 'model' | 'service';

interface Part {
  /** Id of the image below. */
  readonly from: string;
  /** Names all that goes into this part and those below. */
  readonly digest: string;
}

export interface DependenciesPart extends Part {
  readonly hasApt: boolean;
  readonly hasPip: boolean;
  /** The list names all packages in their exact versions: none is resolved or added. */
  readonly isWhole: boolean;
  readonly hasAptSources: boolean;
  readonly hasCertificates: boolean;
  /** Names of build arguments for pip. */
  readonly pipArgs: readonly string[];
  /** pip's settings hold a password, which must not get into the history of the image. */
  readonly hideSettings: boolean;
  readonly usesGpu: boolean;
}

/** What the build says about its Python, to be compared with the manifest's range. */
export const pythonLine = /^slipway: python (\d+\.\d+\.\d+)$/;

export function dependenciesDockerfile(part: DependenciesPart): string {
  const certificates = '/opt/slipway/certificates.crt';
  const lists = '/opt/slipway/lists';
  const { uid, gid, name } = imageUser;
  return lines(
    ...opening('dependencies', part.from, 'system'),
    'USER root',
    part.hasCertificates &&
      `COPY certificates.crt ${certificates}\nENV SSL_CERT_FILE=${certificates} REQUESTS_CA_BUNDLE=${certificates}`,
    part.hasAptSources && 'RUN rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/*',
    part.hasAptSources && 'COPY apt-sources /etc/apt/sources.list.d/slipway.list',
    part.hasApt && `COPY apt.txt ${lists}/`,
    part.hasApt &&
      `RUN apt-get update -qq${part.hasCertificates ? ` -o Acquire::https::CaInfo=${certificates}` : ''}` +
        ` && DEBIAN_FRONTEND=noninteractive xargs -a ${lists}/apt.txt apt-get install -y -qq --no-install-recommends` +
        `${part.hasCertificates ? ` -o Acquire::https::CaInfo=${certificates}` : ''} && rm -rf /var/lib/apt/lists/*`,
    `RUN python3 -c 'import sys; print("slipway: python %d.%d.%d" % sys.version_info[:3])'` +
      ` && echo '${name}:x:${uid}:${gid}::/tmp:/usr/sbin/nologin' >> /etc/passwd` +
      ` && echo '${name}:x:${gid}:' >> /etc/group`,
    part.hasPip && part.hideSettings && 'FROM system AS packages',
    part.hasPip && part.pipArgs.length > 0 && part.pipArgs.map((name) => `ARG ${name}`).join('\n'),
    part.hasPip && `COPY requirements.txt ${lists}/`,
    part.hasPip &&
      `RUN python3 -m venv --system-site-packages ${layout.venv} &&` +
        `${part.hasCertificates ? ` PIP_CERT=${certificates}` : ''} ${layout.venv}/bin/python -m pip install` +
        ` --no-cache-dir --no-input --disable-pip-version-check --progress-bar off${part.isWhole ? ' --no-deps' : ''} -r ${lists}/requirements.txt`,
    part.hasPip && part.hideSettings && `FROM system\nCOPY --from=packages ${layout.venv} ${layout.venv}`,
    part.hasPip &&
      `ENV VIRTUAL_ENV=${layout.venv} PATH=${layout.venv}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    // All that never changes stands here: each instruction costs a deploy of changed code part of a second.
    `ENV PYTHONPATH=${layout.runtime} PYTHONDONTWRITEBYTECODE=1 HOME=/tmp USER=${name} LOGNAME=${name}`,
    `USER ${uid}:${gid}`,
    `WORKDIR ${layout.service}`,
    'ENTRYPOINT []',
    'CMD ["python3", "-m", "slipway.worker"]',
    part.usesGpu && 'ENV NVIDIA_DRIVER_CAPABILITIES=compute,utility',
    closing(part.digest),
  );
}

export function modelDockerfile(part: Part & { readonly hasModel: boolean }): string {
  return lines(
    ...opening('model', part.from),
    `COPY runtime ${layout.runtime}`,
    part.hasModel && `COPY model ${layout.service}`,
    closing(part.digest),
  );
}

export interface ServicePart extends Part {
  readonly task: string;
  readonly bundle: string;
  readonly slipway: string;
}

export function serviceDockerfile(part: ServicePart): string {
  return lines(
    ...opening('service', part.from),
    `COPY service ${layout.service}`,
    `${closing(part.digest)} ${imageLabels.task}=${part.task} ${imageLabels.bundle}=${part.bundle}` +
      ` ${imageLabels.slipway}=${part.slipway}`,
  );
}

/** What is built from here on is not whole: the label of the part below must not name it. */
function opening(part: ImagePart, from: string, stage?: string): string[] {
  const head = `FROM ${from}${stage === undefined ? '' : ` AS ${stage}`}`;
  return [head, `LABEL ${imageLabels.step}=building ${imageLabels.part}=${part}`];
}

/** The last instruction: only an image that has all of its parts carries their digest. */
function closing(digest: string): string {
  return `LABEL ${imageLabels.step}=${digest}`;
}

function lines(...parts: readonly (string | false)[]): string {
  return `${parts.filter((part) => part !== false).join('\n')}\n`;
}
