import { describe, expect, test } from 'vitest'
import { Retryable, whyNoQuickTunnel } from '../../src/webhook/tunnels/cloudflared/failures.ts'
import { CloudflaredLog } from '../../src/webhook/tunnels/cloudflared/log.ts'

const TIME = '2026-11-22T10:00:00Z'

function read(...lines: string[]): CloudflaredLog {
  const log = new CloudflaredLog()
  for (const line of lines) log.read(line)
  return log
}

describe("cloudflared's log", () => {
  test('is read as the text that older releases write, too', () => {
    const log = read(
      `${TIME} INF |  https://a-b-c-d.trycloudflare.com                    |`,
      `${TIME} INF Starting metrics server on 127.0.0.1:34567/metrics`,
      `${TIME} INF Registered tunnel connection connIndex=0 location=fra01 protocol=http2`,
      `${TIME} INF Registered tunnel connection connIndex=1 location=fra02 protocol=http2`,
    )
    expect(log.url?.href).toBe('https://a-b-c-d.trycloudflare.com/')
    expect(log.metricsPort).toBe('34567')
    expect(log.reconnections).toBe(0)
    log.read(`${TIME} INF Registered tunnel connection connIndex=1 location=fra02 protocol=http2`)
    expect(log.reconnections).toBe(1)
  })

  test('gives no URL but that of a tunnel, printed in its box', () => {
    for (const text of [
      'Post "https://api.trycloudflare.com/tunnel": EOF',
      '|  https://api.trycloudflare.com  |',
      '|  https://evil.example.com/.trycloudflare.com  |',
      '|  https://a.b.trycloudflare.com  |',
      '|  https://a.trycloudflare.com.evil.example  |',
      '|  http://a.trycloudflare.com  |',
    ]) {
      expect(read(text, JSON.stringify({ message: text })).url).toBeUndefined()
    }
  })

  test('survives lines that are no JSON, or another', () => {
    expect(read('{"message": 1}', '{', '{"connIndex": "x"}', 'null', '').url).toBeUndefined()
  })
})

describe('an early end', () => {
  const why = (line: string, code = 1) =>
    whyNoQuickTunnel({ code, reason: `exit code ${code}` }, [line])

  test('is retried where that may help', () => {
    const limited = why('quick tunnel provisioning failed with status 429: error code: 1015')
    expect(limited).toBeInstanceOf(Retryable)
    expect(limited.kind).toBe('rate-limited')
    expect(why('failed to parse quick Tunnel ID: invalid UUID length: 0')).toBeInstanceOf(Retryable)
    expect(why('something new')).toMatchObject({
      kind: 'service',
      message: 'cloudflared ended (exit code 1): something new',
    })
  })

  test('is not retried where the machine is the trouble', () => {
    const old = why('Incorrect Usage. flag provided but not defined: -output', 0)
    expect(old).toMatchObject({ kind: 'unavailable' })
    expect(whyNoQuickTunnel({ code: undefined, reason: 'ENOEXEC' }, [])).toMatchObject({
      kind: 'unavailable',
      message: 'cloudflared could not be started (ENOEXEC)',
    })
    expect(why('failed to request quick Tunnel: lookup')).not.toBeInstanceOf(Retryable)
  })
})
