import { createHash } from 'node:crypto';
import { dirname, join, relative, sep } from 'node:path';
import { z } from 'zod';
import { readFileSync, readTextIfSync, statSync } from '../io/files.js';
import type { Project } from '../workspace/project.js';
import type { Stage } from '../pipeline/stage.js';
import type { Review } from '../protocol/wire.js';
import { commandsOf } from '../run/shell.js';
import type { TrustFacts } from './trust.js';

/** Longest file that the digest reads whole; scripts and modules are far smaller. */
const LIMIT = 16n * 1024n * 1024n;

/**
 * What trust is bound to (N64): resolved commands, every script and module that a stage depends on, the runners,
 * and the project's configuration.
 */
export async function trustFacts(project: Project, stages: readonly Stage[]): Promise<TrustFacts> {
  const hash = createHash('sha256');
  const parts: Record<string, string> = {};
  const files = new Set<string>([join(project.dvcDir, 'config')]);
  for (const stage of [...stages].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    if (stage.cmd === null) {
      continue;
    }
    hash.update(JSON.stringify([stage.id, stage.cmd]));
    parts[`command ${stage.id}`] = JSON.stringify(stage.cmd);
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
      const bytes = readFileSync(file);
      hash.update(bytes);
      const path = relative(project.root, file).split(sep).join('/');
      parts[`file ${path}`] = createHash('md5').update(bytes).digest('hex');
    }
  }
  return { digest: hash.digest('hex'), head: (await project.git?.head()) ?? null, parts };
}

/** What is other than it was when the project was trusted last (N64), commands first; null when it never was. */
export function changedSince(before: TrustFacts['parts'] | null, now: TrustFacts): Review['changed'] {
  if (before == null) {
    return null;
  }
  const after = now.parts ?? {};
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return keys
    .filter(key => before[key] !== after[key])
    .map(key => {
      const space = key.indexOf(' ');
      const isCommand = key.startsWith('command ');
      return {
        what: isCommand ? ('command' as const) : ('file' as const),
        name: key.slice(space + 1),
        before: isCommand ? commandText(before[key]) : before[key] === undefined ? null : '',
        after: isCommand ? commandText(after[key]) : after[key] === undefined ? null : ''
      };
    });
}

function commandText(json: string | undefined): string | null {
  return json === undefined
    ? null
    : commandsOf(z.union([z.string(), z.array(z.string())]).parse(JSON.parse(json))).join('\n');
}

/** Hosts that the project's configuration names, for the review sheet: scheme and host, never user or query (S4). */
export function remoteHosts(project: Project): string[] {
  const text = readTextIfSync(join(project.dvcDir, 'config')) ?? '';
  const hosts = [...text.matchAll(/([a-z][a-z0-9+.-]*:\/\/)(?:[^@/\s"']*@)?([^/\s"'?]+)/gi)].map(
    hit => `${hit[1] ?? ''}${hit[2] ?? ''}`
  );
  return [...new Set(hosts)].sort();
}
