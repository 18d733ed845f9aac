import type { Job } from '../../server-bridge/src/protocol/job.js';

/** A run under way. */
export const JOB: Job = {
  v: 1,
  id: 'j1',
  kind: 'reproduce',
  state: 'running',
  notebook: 'a.ipynb',
  started: '2026-11-24T09:00:00Z',
  ended: null,
  owner: { host: 'h', boot: 'b', pid: 1, start: '1' },
  last: 0,
  error: null
};
