import { describe, expect, it, test } from 'vitest'
import { CAUSES } from '../../src/probe/asking.ts'
import { adviseOn, describeProbe, toProbeOutput } from '../../src/probe/explain.ts'
import { describeGame } from '../../src/probe/game.ts'
import type { ProbeResult } from '../../src/probe/probe.ts'

const ANSWERED: ProbeResult = {
  port: 'gameport',
  protocol: 'a2s',
  answered: true,
  seconds: 3.1,
  detail: 'map dm1, 0 of 8 players',
  address: 'game.example.com:31001',
  transport: 'udp',
  sent: 12,
  cause: undefined,
}
const SILENT: ProbeResult = {
  ...ANSWERED,
  answered: false,
  seconds: 60,
  detail: 'nothing came back',
  sent: 37,
  cause: 'silent',
}

describe('a game in a few words', () => {
  test.each([
    [{ map: 'dm1', players: 0, maxPlayers: 8 }, 'map dm1, 0 of 8 players'],
    [{ map: 'dm1', players: 0, maxPlayers: 8, name: 'Ours' }, 'map dm1, 0 of 8 players (Ours)'],
    [{ players: 3 }, '3 players'],
    [{ players: 1, maxPlayers: -1, version: '1.21' }, '1 players, version 1.21'],
    [{ players: Number.NaN, maxPlayers: 8 }, 'a status without details'],
    [{}, 'a status without details'],
    [{ name: 'a\nb\x07' }, 'a status without details (a b\ufffd)'],
  ])('%j', (game, text) => {
    expect(describeGame(game)).toBe(text)
  })
})

describe('the report', () => {
  it('of an answer says after how long, and what', () => {
    expect(describeProbe(ANSWERED)).toBe('answered after 3.1 s: map dm1, 0 of 8 players')
  })

  it('of none says why, how often and where it was asked', () => {
    expect(describeProbe(SILENT)).toBe(
      'did not answer within 60.0 s: nothing came back (37 packets sent to game.example.com:31001)',
    )
    expect(describeProbe({ ...SILENT, transport: 'tcp', sent: 1 })).toBe(
      'did not answer within 60.0 s: nothing came back (1 attempt to connect to game.example.com:31001)',
    )
  })

  it('of a bad certificate names it, and no time-out', () => {
    const detail = 'the certificate is not accepted: it has expired (CERT_HAS_EXPIRED)'
    const bad = { ...SILENT, cause: 'bad-certificate', detail, transport: 'tcp', sent: 1 } as const
    expect(describeProbe(bad)).toBe(
      `cannot be trusted: ${detail} (1 attempt to connect to game.example.com:31001)`,
    )
  })

  it('of a probe that was stopped does not blame the server', () => {
    const stopped = {
      ...SILENT,
      cause: 'stopped',
      detail: 'not asked to the end',
      seconds: 2,
    } as const
    expect(describeProbe(stopped)).toBe(
      'was not asked to the end (37 packets sent to game.example.com:31001)',
    )
  })

  it('in the outputs has these fields only', () => {
    expect(toProbeOutput(ANSWERED)).toEqual({
      port: 'gameport',
      protocol: 'a2s',
      answered: true,
      seconds: 3.1,
      detail: 'map dm1, 0 of 8 players',
    })
  })
})

describe('the advice', () => {
  it('for silence names what commonly causes it', () => {
    expect(adviseOn(SILENT, 'UDP')).toMatch(
      /still loading.*probe-timeout.*another port.*network blocks UDP/,
    )
  })

  test.each([
    ['TCP', 'udp', 'a2s', /^The port gameport is TCP, and a2s asks over UDP/],
    ['wss', 'udp', 'quake3', /^The port gameport is WSS, and quake3 asks over UDP/],
    ['udp', 'tcp', 'http', /^The port gameport is UDP, and http asks over TCP/],
    ['TCP/UDP', 'udp', 'a2s', /^Common causes/],
    ['', 'udp', 'a2s', /^Common causes/],
    ['HTTPS', 'tcp', 'https', /^Common causes/],
  ] as const)(
    'on a port that is %j, asked over %s',
    (portProtocol, transport, protocol, advice) => {
      expect(adviseOn({ ...SILENT, transport, protocol }, portProtocol)).toMatch(advice)
    },
  )

  test.each(CAUSES)('there is some for %s', (cause) => {
    expect(adviseOn({ ...SILENT, cause }, 'UDP')).toMatch(/^[A-Z].*\.$/)
  })

  it('there is none where none is needed', () => {
    expect(adviseOn(ANSWERED, 'UDP')).toBe('')
    expect(adviseOn({ ...SILENT, cause: 'stopped' }, 'UDP')).toBe('')
  })
})
