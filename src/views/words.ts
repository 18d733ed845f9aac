import type { TranslationBundle } from '@jupyterlab/translation';
import type { Mark, PlanAction, StageState } from '../../server-bridge/src/protocol/state.js';
import type { Role } from '../stages/tags.js';

/** The word of a state, lower case as on screen (N49). */
export function stateWord(trans: TranslationBundle, state: StageState): string {
  const words: Record<StageState, string> = {
    checking: trans.__('checking'),
    fresh: trans.__('fresh'),
    stale: trans.__('stale'),
    pending: trans.__('pending'),
    available: trans.__('available'),
    queued: trans.__('queued'),
    running: trans.__('running'),
    failed: trans.__('failed'),
    blocked: trans.__('blocked')
  };
  return words[state];
}

/** A count of stages in a state: *3 stale*. */
export function countWord(trans: TranslationBundle, state: StageState, count: number): string {
  return trans.__('%1 %2', count, stateWord(trans, state));
}

export function markWord(trans: TranslationBundle, mark: Mark): string {
  const words: Record<Mark, string> = {
    'undeclared reads': trans.__('undeclared reads'),
    frozen: trans.__('frozen'),
    always: trans.__('always'),
    live: trans.__('live')
  };
  return words[mark];
}

/** What a mark means, for its tooltip. */
export function markMeaning(trans: TranslationBundle, mark: Mark): string {
  const words: Record<Mark, string> = {
    'undeclared reads': trans.__('It read what it does not declare.'),
    frozen: trans.__('Not run until it is unfrozen.'),
    always: trans.__('Runs every time.'),
    live: trans.__('Shown is what the kernel made, not the recorded output.')
  };
  return words[mark];
}

export function roleWord(trans: TranslationBundle, role: Role): string {
  const words: Record<Role, string> = {
    stage: trans.__('stage'),
    setup: trans.__('setup'),
    params: trans.__('params'),
    exclude: trans.__('exclude')
  };
  return words[role];
}

export function actionWord(trans: TranslationBundle, action: PlanAction): string {
  const words: Record<PlanAction, string> = {
    skip: trans.__('skip'),
    restore: trans.__('restore'),
    run: trans.__('run'),
    wait: trans.__('wait'),
    blocked: trans.__('blocked')
  };
  return words[action];
}

/** The state whose shape and colour stand for a plan's action. */
export function actionState(action: PlanAction): StageState {
  const states: Record<PlanAction, StageState> = {
    skip: 'fresh',
    restore: 'available',
    run: 'stale',
    wait: 'queued',
    blocked: 'blocked'
  };
  return states[action];
}

/** Seconds as a clock: `0:07`, `1:02:30`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** An expected time in words: `5 s`, `2 min 10 s`, `1 h 5 min`. */
export function duration(trans: TranslationBundle, seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) {
    return trans.__('%1 s', whole);
  }
  if (whole < 3600) {
    return trans.__('%1 min %2 s', Math.floor(whole / 60), whole % 60);
  }
  return trans.__('%1 h %2 min', Math.floor(whole / 3600), Math.floor(whole / 60) % 60);
}

/** A size with a unit of 1000 bytes: `412 B`, `15.6 KB`. */
export function fileSize(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** A sentence cut at its backticks: every odd part is a name from code. */
export function codeParts(text: string): string[] {
  const parts = text.split('`');
  return parts.length % 2 === 1 ? parts : [text];
}

/** A sentence without its backticks, for tooltips and screen readers. */
export function plainText(text: string): string {
  return codeParts(text).join('');
}
