import type { SshSettings } from '../../../settings/tunnel.ts'
import { TunnelFailure, type TunnelFailureKind } from '../tunnel.ts'

/**
 * The client has one exit code, 255, for all that goes wrong; which of them it was is only in its
 * lines. They are the client's own and not translated. What matches nothing is taken for a passing
 * fault, which costs one more attempt.
 */
const KNOWN: readonly {
  line: RegExp
  kind: TunnelFailureKind
  say: (settings: SshSettings, match: RegExpMatchArray) => string
}[] = [
  {
    line: /^Host key verification failed/,
    kind: 'refused',
    say: ({ host }) => `the host key of ${host} is not among ssh-known-hosts`,
  },
  {
    line: /^Load key .*: (.+)/,
    kind: 'refused',
    say: (_, [, why]) =>
      `ssh-key cannot be read (${why}); it must be whole, with its line breaks, and without passphrase`,
  },
  {
    line: /Permission denied|Too many authentication failures/,
    kind: 'refused',
    say: ({ user, host }) =>
      `${host} does not let ${user} in with ssh-key (not an authorized key, or it has a passphrase)`,
  },
  {
    line: /^Error: remote port forwarding failed for listen port (\d+)/,
    kind: 'unavailable',
    say: ({ host }, [, port]) =>
      port === '0'
        ? `${host} gives no port: check AllowTcpForwarding in its sshd_config, and permitlisten of the key (it rules out a port of the server's choice)`
        : `${host} does not give port ${port}: it is taken, or forbidden by AllowTcpForwarding in its sshd_config or permitlisten of the key`,
  },
  {
    line: /^Unable to negotiate .*: (no matching .+ found)/,
    kind: 'refused',
    say: ({ host }, [, what]) => `ssh client and ${host} have nothing in common: ${what}`,
  },
  {
    line: /^The proxy answers (\d+)/,
    kind: 'refused',
    say: ({ host, port }, [, status]) =>
      `the proxy answers ${status} to a connection with ${host}:${port}`,
  },
  {
    line: /^The proxy (?:fails|is not reached|does not answer).*/,
    kind: 'service',
    say: ({ host, port }, [line]) => `no connection with ${host}:${port}: ${line}`,
  },
  {
    line: /Bad configuration option: (\S+)|^unknown option/,
    kind: 'unavailable',
    say: (_, [, option]) => `the ssh client here is too old (${option ?? 'unknown option'})`,
  },
  {
    line: /^ssh: Could not resolve hostname/,
    kind: 'service',
    say: ({ host }) => `the name ${host} cannot be resolved here`,
  },
]

/** Why the client ended, in words, and whether another attempt makes sense (`service`). */
export function sshFailure(
  settings: SshSettings,
  lines: readonly string[],
  end: { reason: string },
): TunnelFailure {
  for (const { line, kind, say } of KNOWN) {
    for (const text of lines) {
      const match = line.exec(text)
      if (match) return new TunnelFailure(kind, say(settings, match))
    }
  }
  if (end.reason.startsWith('E')) {
    return new TunnelFailure('unavailable', `ssh could not be started (${end.reason})`)
  }
  const last = (lines.at(-1) ?? `ssh ended with ${end.reason}`).replace(/^ssh: |[.\s]+$/g, '')
  return new TunnelFailure('service', `no connection with ${settings.host}: ${last}`)
}

/** A port that another session held may be free in a moment: its server may not have noticed yet. */
export function isPortDenied(lines: readonly string[]): boolean {
  return lines.some((line) => line.startsWith('Error: remote port forwarding failed'))
}
