import type { Printer } from '../runner/printer.ts'
import type { TunnelSettings } from '../settings/tunnel.ts'
import { TunnelFailure } from './tunnels/tunnel.ts'

interface Failing {
  readonly settings: TunnelSettings
  readonly printer: Printer
  readonly isRequired?: boolean
}

/**
 * One line, or one warning, that there is no webhook, and why. Nothing where none was wanted.
 *
 * @param isOpening nothing was created yet where the tunnel is required
 */
export function reportFailure(
  { settings, printer, isRequired }: Failing,
  thrown: unknown,
  error: string,
  isOpening: boolean,
): void {
  if (settings.transport === 'none') return
  const isAttack = thrown instanceof TunnelFailure && thrown.kind === 'hash-mismatch'
  const advice = isAttack ? ' Nothing of it was run.' : ''
  const isFatal = isRequired && isOpening
  const text = `No webhook (${settings.transport}): ${error}.${advice}${isFatal ? '' : ' Polling instead.'}`
  // Of a tunnel that nobody asked for, a failure is not worth a warning, unless it may be an attack.
  const isUnasked = settings.transport === 'cloudflared-quick' && settings.isUnasked
  if ((isUnasked || isFatal) && !isAttack) printer.line(text)
  else printer.warning(text)
}

/** The requests that were ignored, in one line for the log; empty where there were none. */
export function ignoredRequests(reasons: readonly (readonly [string, number])[]): string {
  if (reasons.length === 0) return ''
  const list = reasons.map(([reason, count]) => `${count} × ${reason}`).join(', ')
  return `Webhook: ignored requests: ${list}.`
}

/** @param tunnel the tunnel that is verified now; undefined where nothing comes through, and `why` */
export function reportState(printer: Printer, tunnel: string | undefined, why: string): void {
  printer.line(
    tunnel === undefined
      ? `Webhook: nothing comes through (${why}); polling at full pace.`
      : `Webhook: the tunnel is verified (${tunnel}); polling slows down.`,
  )
}
