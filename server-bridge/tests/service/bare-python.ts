import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** An interpreter of its own with all packages of `python` but some. */
export interface BarePython {
  readonly executable: string;
  /** Leaves out these from now on: installing one is leaving out the others. */
  hide(...packages: string[]): void;
}

const FINDER = `import sys


class Hidden:
    def find_spec(self, name, path=None, target=None):
        with open(__file__.replace("hidden_packages.py", "hidden.txt")) as names:
            if name.partition(".")[0] in names.read().split():
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Hidden())
`;

export function barePython(folder: string): BarePython {
  const ask = (python: string, code: string): string =>
    execFileSync(python, ['-c', code], { encoding: 'utf8', timeout: 60_000 }).trim();
  const site = 'import sysconfig; print(sysconfig.get_path("purelib"))';
  execFileSync('python', ['-m', 'venv', '--without-pip', folder], { timeout: 60_000 });
  const executable = join(folder, 'bin', 'python');
  const packages = ask(executable, site);
  writeFileSync(join(packages, 'hidden_packages.py'), FINDER);
  writeFileSync(join(packages, 'hidden.txt'), '');
  writeFileSync(join(packages, 'all.pth'), `${ask('python', site)}\nimport hidden_packages\n`);
  return {
    executable,
    hide: (...names) => writeFileSync(join(packages, 'hidden.txt'), names.join('\n'))
  };
}
