// What the user's machine says about package indexes, proxies and certificates, for the installers inside a build.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface BuildSettings {
  /** PIP_… variables. */
  readonly pip: Readonly<Record<string, string>>;
  /** http_proxy and the like; the builder knows these and leaves them out of the image. */
  readonly proxies: Readonly<Record<string, string>>;
  /** A file of certificates (PEM) that are trusted instead of the usual ones; put into the image. */
  readonly certificates?: string | undefined;
  /** A file that replaces the list of apt sources; put into the image. */
  readonly aptSources?: string | undefined;
}

const pipKeys = ['index-url', 'extra-index-url', 'trusted-host', 'timeout', 'retries', 'pre', 'prefer-binary'];
const proxyNames = ['http_proxy', 'https_proxy', 'no_proxy', 'ftp_proxy', 'all_proxy'];

export interface SettingsSources {
  readonly env: NodeJS.ProcessEnv;
  /** Text of a file; undefined when it cannot be read. */
  readonly read: (path: string) => string | undefined;
  readonly home: string;
}

/** As pip reads them: the machine's file, the user's, PIP_CONFIG_FILE, then variables; later ones win. */
export function buildSettings(sources: SettingsSources = thisMachine()): BuildSettings {
  const { env, read, home } = sources;
  const own = env['PIP_CONFIG_FILE'];
  const files = [
    '/etc/pip.conf',
    join(home, '.pip', 'pip.conf'),
    join(env['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'pip', 'pip.conf'),
    ...(own === undefined ? [] : [own]),
  ];
  const settings = new Map<string, string>();
  for (const file of files) for (const [key, value] of parsePipConfig(read(file) ?? '')) settings.set(key, value);
  for (const [name, value] of Object.entries(env)) {
    if (name.startsWith('PIP_') && value !== undefined) {
      settings.set(name.slice('PIP_'.length).toLowerCase().replaceAll('_', '-'), value);
    }
  }
  const pip: Record<string, string> = {};
  for (const key of pipKeys) {
    const value = settings.get(key) ?? (key === 'timeout' ? settings.get('default-timeout') : undefined);
    if (value !== undefined && value !== '') pip[`PIP_${key.toUpperCase().replaceAll('-', '_')}`] = value;
  }
  const proxies: Record<string, string> = {};
  for (const name of [...proxyNames, ...proxyNames.map((lower) => lower.toUpperCase())]) {
    const value = env[name];
    if (value !== undefined && value !== '') proxies[name] = value;
  }
  return {
    pip,
    proxies,
    certificates: env['SLIPWAY_CERTIFICATES'] ?? settings.get('cert') ?? env['SSL_CERT_FILE'],
    aptSources: env['SLIPWAY_APT_SOURCES'],
  };
}

/** Whether a setting would tell a password to whoever can read the history of the image. */
export function hasCredentials({ pip }: BuildSettings): boolean {
  return Object.values(pip).some((value) => /:\/\/[^/\s]*@/.test(value));
}

/** `key = value` of the sections [global] and [install]; a value that goes on in further lines is joined by spaces. */
export function parsePipConfig(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  let section = '';
  let last: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(?:[#;].*)?$/.test(line)) continue;
    const heading = /^\[([^\]]*)\]/.exec(line)?.[1];
    if (heading !== undefined) {
      section = heading.trim();
      last = undefined;
    } else if (section === 'global' || section === 'install') {
      const [, key, value] = /^(\S[^=:]*?)\s*[=:]\s*(.*)$/.exec(line) ?? [];
      if (key !== undefined && value !== undefined) {
        last = key.toLowerCase().replaceAll('_', '-');
        values.set(last, value.trim());
      } else if (last !== undefined) {
        values.set(last, `${values.get(last) ?? ''} ${line.trim()}`.trim());
      }
    }
  }
  return values;
}

function thisMachine(): SettingsSources {
  const read = (path: string): string | undefined => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return undefined;
    }
  };
  return { env: process.env, read, home: homedir() };
}
