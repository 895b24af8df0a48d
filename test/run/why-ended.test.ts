import { describe, expect, it } from 'vitest'
import { ActionError } from '../../src/base/errors.ts'
import { adviceOnEnd, explain } from '../../src/run/why-ended.ts'

/** The end of a log. */
function log(...tail: string[]) {
  return { tail, isCut: false }
}

describe('the log of a server that ended', () => {
  it.each([
    ['exec /usr/bin/bash: exec format error', '--platform linux/amd64'],
    ['standard_init_linux.go:228: exec user process caused: exec format error', 'linux/amd64'],
    ['Refusing to run with the root privileges.', 'does not run as root'],
    ['exec /entrypoint.sh: no such file or directory', 'CRLF'],
    [
      'OCI runtime create failed: exec: "./Server.x86_64": stat ./Server.x86_64: no such file or directory: unknown',
      'is not in it',
    ],
    [
      'runc create failed: exec: "server": executable file not found in $PATH: unknown',
      'is not in it',
    ],
    ['/entrypoint.sh: /bin/bash^M: bad interpreter: No such file or directory', 'eol=lf'],
    ["/start.sh: line 2: $'\\r': command not found", 'eol=lf'],
    ['Error: No available video device', '-batchmode -nographics'],
    ['ERROR: Unable to create DisplayServer, all display drivers failed.', '--headless'],
    ['You need to agree to the EULA in order to run the server. Go to eula.txt', 'EULA=TRUE'],
    [
      'Curl error 35: Cert handshake failed. verify result: UNITYTLS_X509VERIFY_FATAL_ERROR.',
      'install ca-certificates',
    ],
    ['exec /server/Server.x86_64: permission denied', 'chmod +x'],
    ['exec: "/server/start.sh": permission denied: unknown', 'chmod +x'],
    [
      './Server: error while loading shared libraries: libssl.so.1.1: cannot open shared object file: No such file or directory',
      'lacks a library',
    ],
    ["First bytes from client was not 'GET' for handshake, instead was 16-03-01", 'TLS upgrade'],
    [
      "./Server: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by ./Server)",
      'newer base image',
    ],
    [
      "./Server: /usr/lib/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by ./Server)",
      'newer base image',
    ],
  ])('that says "%s" has the advice: %s', (line, advice) => {
    expect(adviceOnEnd(log('before', `  ${line}`, 'after'))).toContain(advice)
  })

  it.each([
    ['exit code 0, restarted 4 times', 'foreground'],
    ['exit code 126', 'executable'],
    ['exit code 127', 'not in the image'],
    ['exit code 132', 'processor'],
    ['exit code 134', 'last lines'],
    ['exit code 137, OOM killed', 'memory'],
    ['exit code 139', 'segmentation fault'],
  ])('whose process ended with %s has the advice: %s', (crash, advice) => {
    expect(adviceOnEnd({ ...log('Loading the map'), crash })).toContain(advice)
  })

  it('counts for more than the exit code, which has many causes', () => {
    const both = { ...log('Refusing to run with the root privileges.'), crash: 'exit code 137' }
    expect(adviceOnEnd(both)).toContain('root')
  })

  it.each(['exit code 0', 'exit code 137'])(
    'is not blamed for %s where it may have been stopped',
    (crash) => {
      expect(adviceOnEnd({ ...log('Shutting down'), crash }, true)).toBeUndefined()
    },
  )

  it.each([
    ['exit code 1', 'Could not read config.json: Permission denied'],
    ['exit code 1', 'warning: no such file or directory: replay.dem, skipped'],
    ['exit code 1370', 'Loading the map'],
    [undefined, 'player exit code 137 joined'],
  ])('gives no advice where it tells nothing that is known (%s, %s)', (crash, line) => {
    expect(adviceOnEnd({ ...log(line), ...(crash && { crash }) })).toBeUndefined()
  })
})

describe('an error', () => {
  const error = new ActionError({
    kind: 'timed-out',
    what: 'a was not ready within 10 min',
    next: 'Raise timeout.',
    request: 'GET /v1/status/a',
  })

  it('keeps what happened, and has better advice where the log gives some', () => {
    expect(explain(error, log('exec /run.sh: exec format error'), true)).toMatchObject({
      kind: 'timed-out',
      message: 'a was not ready within 10 min',
      next: expect.stringContaining('linux/amd64'),
      request: 'GET /v1/status/a',
    })
  })

  it.each(['unusable-input', 'unauthorized', 'refused'] as const)(
    'that is not the fault of the server keeps its advice: %s',
    (kind) => {
      const other = new ActionError({ kind, what: 'The server has no port named query' })
      expect(explain(other, { ...log('exec format error'), crash: 'exit code 0' }, false)).toBe(
        other,
      )
    },
  )

  it('stays as it is where the log gives none', () => {
    expect(explain(error, log('Loading the map'), false)).toBe(error)
  })
})
