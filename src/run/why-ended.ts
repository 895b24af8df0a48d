import { ActionError, type ErrorKind } from '../base/errors.ts'
import type { LogState } from '../state/state.ts'

/**
 * What ends most servers that come up nowhere, by a line that only this cause writes. It chooses the
 * advice and decides nothing.
 */
const BY_LINE: readonly [line: RegExp, advice: string][] = [
  [
    /exec format error/i,
    'The image is for another kind of processor: build it with docker build --platform linux/amd64.',
  ],
  [
    /refusing to run with (?:the )?root privileges/i,
    'An Unreal server does not run as root: set another USER in the Dockerfile.',
  ],
  [
    /^exec \S+: no such file or directory|exec: "[^"]+": (?:stat [^:]+: no such file|executable file not found)/i,
    'The start command of the image is not in it: check its path. A script also counts as missing when its lines end as on Windows (CRLF), or when the image lacks the shell that its first line names.',
  ],
  [
    /bad interpreter: |\$'\\r': command not found/i,
    'A script of the image has the line ends of Windows (CRLF), or names a shell that is not there: save it with LF, for example by a .gitattributes with *.sh text eol=lf.',
  ],
  [
    /^exec \S+: permission denied|exec: "[^"]+": permission denied/i,
    'The start command of the image is not executable: run chmod +x on it in the Dockerfile. GitHub artifacts lose this permission.',
  ],
  [
    /error while loading shared libraries: \S+: cannot open shared object file/i,
    'The image lacks a library that the server needs: install it in the Dockerfile.',
  ],
  [
    /no available video device|cannot open display|unable to create DisplayServer|failed to initiali[sz]e graphics/i,
    'The build needs a display: export a dedicated server, or start it with -batchmode -nographics (Unity) or --headless (Godot).',
  ],
  [
    /agree to the EULA|accept the Minecraft EULA/i,
    'A Minecraft server starts only once its EULA is accepted: read it, then set EULA=TRUE in env, if the image takes it from there.',
  ],
  [
    /UNITYTLS_X509VERIFY|problem with the SSL CA cert|x509: certificate signed by unknown authority|no CA certificates found/i,
    'The image has no certificate authorities, so the server cannot call others over HTTPS: install ca-certificates in the Dockerfile.',
  ],
  [
    /not 'GET' for handshake, instead was 16-03-0/i,
    'Clients speak TLS to a port whose server does not: write tls behind the port in ports (TLS upgrade).',
  ],
  [
    /version [`'"]?GLIBC(?:XX)?_[\d.]+[`'"]? not found/i,
    'The server was built on a newer system than the image has: use a newer base image, or build on an older system.',
  ],
]

/** What an exit code commonly means, where the log says nothing more exact. */
const BY_EXIT_CODE: Readonly<Record<string, string>> = {
  '0': 'Its process ended by itself, without an error. The container lives only as long as its start command: start the server in the foreground.',
  '126':
    'The start command could not be executed: check that it is executable (GitHub artifacts lose this permission) and built for linux/amd64.',
  '127': 'The start command, or a program or library that it needs, is not in the image.',
  '132':
    'The server uses an instruction that the processor there does not have: build it for a common one (x86-64, without AVX-512).',
  '134': 'The server ended itself after an error that it found: see the last lines of its log.',
  '137':
    'It was killed, most often because it used more memory than it has: raise memory (and cpu with it) of the version.',
  '139':
    'The server crashed (segmentation fault): run the same image on your machine to find out where.',
}

/**
 * What to do about the end of a server, as far as its log and its exit code tell.
 *
 * @param mayBeStopped somebody may have ended it: then an exit code is no sign of a fault
 * @returns undefined where they tell nothing that is known
 */
export function adviceOnEnd({ tail, crash }: LogState, mayBeStopped = false): string | undefined {
  const [, advice] = BY_LINE.find(([line]) => tail.some((text) => line.test(text.trim()))) ?? []
  if (advice !== undefined || mayBeStopped) return advice
  const [, exitCode = ''] = /\bexit code (\d{1,3})\b/.exec(crash ?? '') ?? []
  return BY_EXIT_CODE[exitCode]
}

/** What the server itself may be to blame for. All else has its own advice, and the log knows nothing of it. */
const OF_SERVERS: ReadonlySet<ErrorKind> = new Set(['deployment-failed', 'timed-out'])

/** The same error, with this advice in place of its own where the log tells more. */
export function explain(error: ActionError, log: LogState, mayBeStopped: boolean): ActionError {
  if (!OF_SERVERS.has(error.kind)) return error
  const next = adviceOnEnd(log, mayBeStopped)
  if (next === undefined) return error
  const { kind, message, request, retryAfterMs, cause } = error
  return new ActionError({ kind, what: message, next, request, retryAfterMs, cause })
}
