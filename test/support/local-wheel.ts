// A Python package to install without a network: pip is pointed at a folder that holds nothing else.
import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

const build = `
import sys, zipfile
folder, name, version = sys.argv[1:4]
info = "%s-%s.dist-info" % (name, version)
with zipfile.ZipFile("%s/%s-%s-py3-none-any.whl" % (folder, name, version), "w") as wheel:
    wheel.writestr(name + ".py", "version = %r\\n" % version)
    wheel.writestr(info + "/METADATA", "Metadata-Version: 2.1\\nName: %s\\nVersion: %s\\n" % (name, version))
    wheel.writestr(info + "/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(info + "/RECORD", "")
`;

/** Writes the wheel of a package whose module has its name and a `version`. */
export async function writeWheel(python: string, folder: string, name: string, version: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  execFileSync(python, ['-I', '-c', build, folder, name, version]);
}

/** An environment in which pip finds packages in `folder` alone. */
export function offline(folder: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([key]) => !/^(?:PIP_|UV_|SLIPWAY_)/.test(key));
  return { ...Object.fromEntries(kept), PIP_NO_INDEX: '1', PIP_FIND_LINKS: join(folder), PIP_CONFIG_FILE: '/dev/null' };
}
