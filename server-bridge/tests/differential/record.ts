/**
 * Records what the pinned `dvc` answers to every scenario: `make record`. One file a command, read by the test. With words
 * (`make record ONLY="layout"`) only scenarios whose name holds one of them are played; the others keep their answers.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { availableParallelism } from 'node:os';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { play } from './play.js';
import type { Answer } from './play.js';
import { scenarios } from './scenarios/index.js';

/** stderr is for people and holds versions of libraries: it is not kept. */
function kept(answers: Answer[]): Omit<Answer, 'stderr'>[] {
  return answers.map(({ stderr: _stderr, ...rest }) => rest);
}

/** The answers that a command's file holds now. */
function recorded(file: string): Record<string, unknown> {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>) : {};
}

function record(): void {
  const about = [...new Set(scenarios.map(each => each.about))];
  const [folder, ...words] = process.argv.slice(2);
  if (folder === undefined) {
    throw new Error('usage: record FOLDER [WORD…]');
  }
  mkdirSync(folder, { recursive: true });
  const found = new Map<string, unknown>();
  const all = scenarios.map((each, index) => ({ name: each.name, index }));
  const queue = all.filter(each => words.length === 0 || words.some(word => each.name.includes(word)));
  const total = queue.length;
  const script = process.argv[1] ?? '';
  for (let n = 0; n < availableParallelism(); n += 1) {
    const worker = new Worker(script, { workerData: {} });
    const next = (): void => {
      worker.postMessage(queue.shift()?.index ?? null);
    };
    worker.on('message', ([name, answers]: [string, unknown]) => {
      found.set(name, answers);
      process.stdout.write(`${found.size} of ${total}  ${name}\n`);
      if (found.size === total) {
        for (const command of about) {
          const file = join(folder, `${command}.json`);
          const before = recorded(file);
          const names = scenarios.filter(each => each.about === command).map(each => each.name);
          const answers = names.map(each => [each, found.get(each) ?? before[each]]);
          writeFileSync(file, JSON.stringify(Object.fromEntries(answers), null, 1) + '\n');
        }
      }
      next();
    });
    next();
  }
}

if (isMainThread) {
  record();
} else if (workerData !== null) {
  parentPort?.on('message', (index: number | null) => {
    const scenario = index === null ? undefined : scenarios[index];
    if (scenario === undefined) {
      parentPort?.close();
      return;
    }
    parentPort?.postMessage([scenario.name, kept(play(scenario, { name: 'dvc', argv: ['dvc'] }))]);
  });
}
