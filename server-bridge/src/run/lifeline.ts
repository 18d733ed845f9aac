import type { Stream } from 'node:stream';
import { Writable } from 'node:stream';

/** Descriptor of the child on which the watcher waits. */
export const WATCHER_FD = 5;

/**
 * A shell that waits for the owner's word, so that the owner can write down first which group it is, then leaves a
 * watcher in that group and becomes the command (`exec`). The watcher waits for another line: a line says that all is
 * well, the end of the stream that the owner died, however it died (`kill -9` included). Then it ends the group as
 * `endGroup` does, itself last. No instant is left in which a killed owner would leave the command behind (N55, I19).
 */
const WRAPPER = `read -r _ <&${WATCHER_FD} || exit 1
(
trap "" INT TERM HUP
exec </dev/null >/dev/null 2>&1 3<&- 4<&-
read -r _ <&${WATCHER_FD} && exit 0
kill -INT 0; sleep 1; kill -TERM 0; sleep 1; kill -KILL 0
) &
exec "$@" ${WATCHER_FD}<&-`;

/**
 * The same command under a watcher. Windows has neither groups nor this shell; there the lifeline descriptor that the
 * command itself gets counts alone.
 */
export function watched(argv: readonly string[]): string[] {
  return process.platform === 'win32' ? [...argv] : ['/bin/sh', '-c', WRAPPER, 'cellar-lifeline', ...argv];
}

/** Let the command begin, through the owner's end of `WATCHER_FD`. */
export function letGo(end: Stream | null | undefined): void {
  if (end instanceof Writable && end.writable) {
    end.write('go\n');
  }
}

/** Call the watcher off, through the owner's end of `WATCHER_FD`. */
export function callOff(end: Stream | null | undefined): void {
  if (end instanceof Writable && end.writable) {
    end.end('ok\n');
  }
}
