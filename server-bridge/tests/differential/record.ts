/** Records what the pinned `dvc` answers to every scenario: `make record`. One file a command, read by the test. */
import { mkdirSync, writeFileSync } from 'node:fs';
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

function recordAll(): void {
  const about = [...new Set(scenarios.map(each => each.about))];
  const folder = process.argv[2];
  if (folder === undefined) {
    throw new Error('usage: record FOLDER');
  }
  mkdirSync(folder, { recursive: true });
  const found = new Map<string, unknown>();
  const queue = scenarios.map((_each, index) => index);
  const script = process.argv[1] ?? '';
  for (let n = 0; n < availableParallelism(); n += 1) {
    const worker = new Worker(script, { workerData: {} });
    const next = (): void => {
      const index = queue.shift();
      worker.postMessage(index ?? null);
    };
    worker.on('message', ([name, answers]: [string, unknown]) => {
      found.set(name, answers);
      process.stdout.write(`${found.size} of ${scenarios.length}  ${name}\n`);
      if (found.size === scenarios.length) {
        for (const command of about) {
          const names = scenarios.filter(each => each.about === command).map(each => each.name);
          const text = JSON.stringify(Object.fromEntries(names.map(each => [each, found.get(each)])), null, 1);
          writeFileSync(join(folder, `${command}.json`), text + '\n');
        }
      }
      next();
    });
    next();
  }
}

if (isMainThread) {
  recordAll();
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
