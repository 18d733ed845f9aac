import { spawn } from 'node:child_process';

/**
 * Waits until its standard input ends, which is when the owner dies, then ends the group `$1` as `endGroup` does. It
 * reads nothing else, runs in its own session, and is itself ended by the owner in the ordinary case.
 */
const WATCH = 'read -r _; kill -INT -"$1"; sleep 1; kill -TERM -"$1"; sleep 1; kill -KILL -"$1"';

/**
 * Watch over a process group from a process of its own, so that the group ends also when this process is killed
 * (`kill -9`) and so cannot do it itself. Returns the function that calls it off.
 * Windows has neither groups nor this shell; there the lifeline descriptor alone counts.
 */
export function watchLifeline(pgid: number): () => void {
  if (process.platform === 'win32') {
    return () => undefined;
  }
  const watcher = spawn('/bin/sh', ['-c', WATCH, 'cellar-lifeline', String(pgid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: { PATH: '/usr/bin:/bin' },
    cwd: '/'
  });
  watcher.on('error', () => undefined);
  watcher.stdin.on('error', () => undefined);
  watcher.unref();
  return () => {
    // SIGKILL: the end of standard input alone would make it act.
    watcher.kill('SIGKILL');
    watcher.stdin.destroy();
  };
}
