import type { CellarError } from '../protocol/errors.js';
import type { Stage } from './stage.js';

/** What happens while stages are brought up to date, in order; stages of a parallel run interleave. */
export type RunEvent =
  /** Nothing to do. */
  | { type: 'stage-skip'; stage: Stage }
  /** A result of the run cache is put in place. */
  | { type: 'stage-restore'; stage: Stage }
  /** The outs of a frozen stage or a data source are only looked at. */
  | { type: 'stage-verify'; stage: Stage }
  /** Its commands follow. */
  | { type: 'stage-run'; stage: Stage }
  | { type: 'stage-command'; stage: Stage; command: string }
  | { type: 'stage-output'; stage: Stage; stream: 'stdout' | 'stderr'; chunk: Buffer }
  /** The command is over; outs are hashed and stored. */
  | { type: 'stage-save'; stage: Stage }
  | { type: 'stage-done'; stage: Stage; how: 'ran' | 'restored' | 'verified' }
  | { type: 'stage-failed'; stage: Stage; error: CellarError }
  /** Left out because `because` failed. */
  | { type: 'stage-not-run'; stage: Stage; because: Stage }
  /** A lock or `.dvc` file was written. */
  | { type: 'file-written'; path: string; created: boolean }
  /** Another process has the project; `holder` says which. */
  | { type: 'waiting'; stage: Stage | null; holder: string }
  | { type: 'warning'; text: string; stage?: Stage };

export type OnEvent = (event: RunEvent) => void;
