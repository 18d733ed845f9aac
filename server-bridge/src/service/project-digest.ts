import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { readFileSync, readTextIfSync, statSync } from '../io/files.js';
import type { Project } from '../workspace/project.js';
import type { Stage } from '../pipeline/stage.js';
import type { TrustFacts } from './trust.js';

/** Longest file that the digest reads whole; scripts and modules are far smaller. */
const LIMIT = 16n * 1024n * 1024n;

/**
 * What trust is bound to (N64): resolved commands, every script and module that a stage depends on, the runners,
 * and the project's configuration.
 */
export async function trustFacts(project: Project, stages: readonly Stage[]): Promise<TrustFacts> {
  const hash = createHash('sha256');
  const files = new Set<string>([join(project.dvcDir, 'config')]);
  for (const stage of [...stages].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    if (stage.cmd === null) {
      continue;
    }
    hash.update(JSON.stringify([stage.id, stage.cmd]));
    files.add(join(dirname(stage.file), '.cellar', 'run.py'));
    for (const dep of stage.deps) {
      if (!dep.external && /\.(py|sh|ipynb)$/.test(dep.abs)) {
        files.add(dep.abs);
      }
    }
  }
  for (const file of [...files].sort()) {
    const facts = statSync(file);
    hash.update(`\0${file.slice(project.root.length)}\0`);
    if (facts?.isFile() === true && facts.size <= LIMIT) {
      hash.update(readFileSync(file));
    }
  }
  return { digest: hash.digest('hex'), head: (await project.git?.head()) ?? null };
}

/** Hosts that the project's configuration names, for the review sheet: scheme and host, never user or query (S4). */
export function remoteHosts(project: Project): string[] {
  const text = readTextIfSync(join(project.dvcDir, 'config')) ?? '';
  const hosts = [...text.matchAll(/([a-z][a-z0-9+.-]*:\/\/)(?:[^@/\s"']*@)?([^/\s"'?]+)/gi)].map(
    hit => `${hit[1] ?? ''}${hit[2] ?? ''}`
  );
  return [...new Set(hosts)].sort();
}
