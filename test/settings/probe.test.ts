import { readFileSync } from 'node:fs'
import { describe, expect, it, test } from 'vitest'
import { Inputs } from '../../src/settings/inputs.ts'
import { parseProbe, readProbes } from '../../src/settings/probe.ts'
import { Problems } from '../../src/settings/problems.ts'

describe('a line', () => {
  test.each([
    ['gameport a2s', { port: 'gameport', protocol: 'a2s' }],
    ['gameport  A2S ', { port: 'gameport', protocol: 'a2s' }],
    ['7777 tcp', { port: '7777', protocol: 'tcp' }],
    ['My Game  Port Quake3', { port: 'My Game  Port', protocol: 'quake3' }],
    ['game\tminecraft', { port: 'game', protocol: 'minecraft' }],
    ['web http', { port: 'web', protocol: 'http', path: '/' }],
    ['web https /health?deep=1', { port: 'web', protocol: 'https', path: '/health?deep=1' }],
    ['web ws /play', { port: 'web', protocol: 'ws', path: '/play' }],
    ['web WSS', { port: 'web', protocol: 'wss', path: '/' }],
    ['game udp ff01', { port: 'game', protocol: 'udp', payload: Buffer.from([255, 1]) }],
    ['game udp 0xFF 01', { port: 'game', protocol: 'udp', payload: Buffer.from([255, 1]) }],
    // Ports are often called as their protocol is.
    ['tcp tcp', { port: 'tcp', protocol: 'tcp' }],
    ['http http /', { port: 'http', protocol: 'http', path: '/' }],
    ['my http tcp', { port: 'my http', protocol: 'tcp' }],
    ['game udp udp 00', { port: 'game udp', protocol: 'udp', payload: Buffer.from([0]) }],
    ['  gameport tcp', { port: 'gameport', protocol: 'tcp' }],
    ['web http tcp', { port: 'web http', protocol: 'tcp' }],
    ['game udp 0xff', { port: 'game', protocol: 'udp', payload: Buffer.from([255]) }],
    ['game udp 0Xff', { port: 'game', protocol: 'udp', payload: Buffer.from([255]) }],
    [
      `game udp ${'ab'.repeat(1200)}`,
      { port: 'game', protocol: 'udp', payload: Buffer.alloc(1200, 0xab) },
    ],
    [
      `web http /${'a'.repeat(999)}`,
      { port: 'web', protocol: 'http', path: `/${'a'.repeat(999)}` },
    ],
    ['web http /go?to=http://x', { port: 'web', protocol: 'http', path: '/go?to=http://x' }],
    ['game udp a2s', { port: 'game udp', protocol: 'a2s' }],
  ])('%j is read', (line, spec) => {
    expect(parseProbe(line)).toEqual(spec)
  })

  test.each([
    ['gameport', 'write PORT PROTOCOL, such as gameport a2s'],
    ['a2s', "the port's name is missing"],
    ['gameport a2z', 'unknown protocol: did you mean a2s?'],
    ['gameport quake', 'unknown protocol: did you mean quake3?'],
    ['gameport steamworks', 'unknown protocol: use one of tcp, http, https, ws, wss, a2s,'],
    ['gameport udp', 'udp needs the bytes to send, in hex'],
    ['gameport udp 0x', 'udp needs the bytes to send, in hex'],
    ['gameport udp f', 'two hex digits for each byte'],
    ['gameport udp hello', 'bytes in hex: 0 to 9 and a to f only'],
    [`gameport udp ${'00'.repeat(1201)}`, 'at most 1200 bytes'],
    ['', 'write PORT PROTOCOL, such as gameport a2s'],
    ['A2S', "the port's name is missing: write PORT PROTOCOL, such as gameport a2s"],
    ['gameport A2Z', 'unknown protocol: did you mean a2s?'],
    ['a2z gameport', 'unknown protocol: use one of tcp'],
    ['my gameport a2z', 'unknown protocol: did you mean a2s?'],
    ['gameport udp xff', 'bytes in hex: 0 to 9 and a to f only'],
    ['gameport udp ffx', 'bytes in hex: 0 to 9 and a to f only'],
    ['gameport udp ff0xff', 'bytes in hex: 0 to 9 and a to f only'],
    // The first protocol that is found is the one that is explained.
    ['gameport udp hello tcp 1', 'udp takes bytes in hex'],
    ['gameport tcp 1', 'tcp takes no argument'],
    ['gameport quake3 1', 'quake3 takes no argument'],
    ['gameport minecraft 1', 'minecraft takes no argument'],
    ['web http HTTPS://x', 'give the path only'],
    ['web ws wss://x/play', 'give the path only'],
    ['web http \u00e9/a', 'in ASCII'],
    ['web http /a\u007f', 'in ASCII'],
    ['gameport a2s 27015', 'a2s takes no argument'],
    ['web http health', 'write the path as /health'],
    ['web http http://x/health', 'give the path only'],
    ['web http /a b', 'without blanks'],
    ['web http /a\u00e9', 'in ASCII'],
    ['web http /a#b', 'leave it out'],
    [`web http /${'a'.repeat(1000)}`, 'at most 1000 characters'],
  ])('%j is refused', (line, problem) => {
    expect(parseProbe(line)).toEqual(expect.stringContaining(problem))
  })
})

describe('the inputs', () => {
  const read = (environment: NodeJS.ProcessEnv, wait: 'auto' | 'none' = 'auto') => {
    const problems = new Problems()
    const settings = readProbes(new Inputs(environment, problems), problems, wait)
    return { ...settings, problems: problems.list }
  }

  it('are empty by default', () => {
    expect(read({})).toEqual({ probes: [], probeTimeoutMs: 60_000, problems: [] })
    expect(read({}, 'none').problems).toEqual([])
  })

  it('take several lines, comments and blank lines', () => {
    const INPUT_PROBE = '# the game\ngameport a2s\r\n\n  web http /health\n'
    expect(read({ INPUT_PROBE, 'INPUT_PROBE-TIMEOUT': '2m' })).toEqual({
      probes: [
        { port: 'gameport', protocol: 'a2s' },
        { port: 'web', protocol: 'http', path: '/health' },
      ],
      probeTimeoutMs: 120_000,
      problems: [],
    })
  })

  it('name every problem at once', () => {
    const INPUT_PROBE = 'gameport a2z\nweb udp'
    expect(read({ INPUT_PROBE, 'INPUT_PROBE-TIMEOUT': '90' }, 'none').problems).toEqual([
      expect.stringMatching(/^wait is "none": .*use another wait/),
      expect.stringMatching(/^probe is "gameport a2z": unknown protocol/),
      expect.stringMatching(/^probe is "web udp": udp needs the bytes/),
      expect.stringMatching(/^probe-timeout is "90": .*did you mean 90s/),
    ])
  })

  it('take twenty lines', () => {
    const { probes, problems } = read({ INPUT_PROBE: 'gameport a2s\n'.repeat(20) })
    expect(probes).toHaveLength(20)
    expect(problems).toEqual([])
  })

  it('keep what is right beside what is wrong', () => {
    const { probes, problems } = read({ INPUT_PROBE: 'web udp  \ngameport a2s' })
    expect(probes).toEqual([{ port: 'gameport', protocol: 'a2s' }])
    expect(problems).toEqual([expect.stringMatching(/^probe is "web udp": udp needs/)])
  })

  it('wait for an answer for a second at least', () => {
    expect(read({ 'INPUT_PROBE-TIMEOUT': '1s' }).probeTimeoutMs).toBe(1_000)
    expect(read({ 'INPUT_PROBE-TIMEOUT': '0s' }).problems).toHaveLength(1)
  })

  it('take no more than twenty lines', () => {
    const { probes, problems } = read({ INPUT_PROBE: 'gameport a2s\n'.repeat(21) })
    expect(probes).toHaveLength(20)
    expect(problems).toEqual(['probe: has 21 lines: give at most 20'])
  })
})

test('the reader loads nothing of the probe itself', () => {
  const source = readFileSync('src/settings/probe.ts', 'utf8')
  const imported = [...source.matchAll(/from '([^']+)'/g)].map(([, name]) => name)
  expect(imported.filter((name) => !name?.startsWith('./'))).toEqual([])
})
