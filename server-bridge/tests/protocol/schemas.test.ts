import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { Job, JobEvent } from '../../src/protocol/job.js';
import { RecordedOutput } from '../../src/protocol/recorded.js';
import { RunnerEvent } from '../../src/protocol/runner-events.js';
import { ScriptHeader } from '../../src/protocol/script.js';
import { CellTag, NotebookTag } from '../../src/protocol/tag.js';

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'docs', 'schemas');

const published = {
  'script-header': ScriptHeader,
  'recorded-output': RecordedOutput,
  'runner-event': RunnerEvent,
  'cell-tag': CellTag,
  'notebook-tag': NotebookTag,
  job: Job,
  'job-event': JobEvent
};

/** `CELLAR_WRITE_SCHEMAS=1 npx vitest run server-bridge/tests/protocol` publishes them anew. */
test.each(Object.entries(published))('docs/schemas/%s.json is what the code says', (name, schema) => {
  const text = JSON.stringify({ title: `cellar ${name}`, ...z.toJSONSchema(schema) }, null, 2) + '\n';
  const path = join(folder, `${name}.json`);
  if (process.env['CELLAR_WRITE_SCHEMAS'] === '1') {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, text);
  }
  expect(readFileSync(path, 'utf8')).toBe(text);
});
