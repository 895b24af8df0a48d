import { describe, expect, it } from 'vitest'
import {
  normaliseProtocol,
  parsePort,
  portBody,
  readPorts,
  showPort,
  showPorts,
  type VersionPort,
} from '../../../src/provider/edgegap/ports.ts'
import { Inputs } from '../../../src/settings/inputs.ts'
import { Problems } from '../../../src/settings/problems.ts'

describe('a line of ports', () => {
  it.each([
    ['gameport 7777/udp', 'gameport', 7777, 'UDP', true, false],
    ['Game Port 2  7777/tcp/udp', 'Game Port 2', 7777, 'TCP/UDP', true, false],
    ['web 8080/WS tls no-check', 'web', 8080, 'WS', false, true],
    ['http 80/http tls', 'http', 80, 'HTTP', true, true],
    ['7777/udp', '', 7777, 'UDP', true, false],
    ['any 0/udp', 'any', 0, 'UDP', true, false],
  ])('%s', (line, name, port, protocol, isChecked, hasTls) => {
    expect(parsePort(line)).toEqual({ name, port, protocol, isChecked, hasTls })
  })

  it.each([
    ['gameport', 'write "name 7777/udp"'],
    ['gameport 7777', 'write "name 7777/udp"'],
    ['gameport udp/7777', 'write "name 7777/udp"'],
    ['gameport 7777/sctp', 'sctp is no protocol'],
    ['gameport 60000/udp', 'from 0 to 59999'],
    ['gameport 99999999999999999999/udp', 'from 0 to 59999'],
    ['0/udp', 'needs a name'],
    ['g 7777/udp no-chek', '"no-chek" is unknown'],
    ['g 7777/udp tls', 'only for ws and http'],
    ['g 443/https tls', 'only for ws and http'],
    [`${'n'.repeat(65)} 1/udp`, '64 characters'],
    ['a\u0007b 1/udp', 'control characters'],
    [`${'a '.repeat(50_000)}1/udp`, 'write "name 7777/udp"'],
  ])('%j is refused', (line, reason) => {
    expect(parsePort(line)).toContain(reason)
  })
})

function read(text: string) {
  const problems = new Problems()
  const ports = readPorts(new Inputs({ INPUT_PORTS: text }, problems), problems)
  return { ports, problems: problems.list }
}

describe('the input', () => {
  it('is not given', () => {
    expect(read('\n# none\n')).toEqual({ ports: undefined, problems: [] })
  })

  it('tells every problem at once', () => {
    const { problems } = read('a 1/udp\na 2/udp\nb 1/tcp/udp\nc 1/ws\nd 70000/tcp')
    expect(problems).toEqual([
      'ports is "a 2/udp": a second port is called a: give each a name of its own',
      'ports is "b 1/tcp/udp": 1 is already used by "a 1/udp"',
      'ports is "d 70000/tcp": use a port from 0 to 59999',
    ])
  })
})

describe('comparing', () => {
  const port = (change: Partial<VersionPort> = {}): VersionPort => ({
    name: 'web',
    port: 80,
    protocol: 'WS',
    isChecked: true,
    hasTls: false,
    ...change,
  })

  it.each([
    ['Websocket', 'WS'],
    ['WebSocket Secure', 'WSS'],
    ['udp', 'UDP'],
    ['UDP/TCP', 'TCP/UDP'],
    ['TCP / UDP', 'TCP/UDP'],
    ['QUIC', 'QUIC'],
  ])('%s is %s', (text, protocol) => {
    expect(normaliseProtocol(text)).toBe(protocol)
  })

  it('ignores the order, and the number that stands for a missing name', () => {
    const [a, b] = [port(), port({ name: '', port: 81 })]
    expect(showPorts([a, b])).toBe(showPorts([{ ...b, name: '81' }, a]))
  })

  it.each([{ port: 81 }, { name: 'x' }, { isChecked: false }, { hasTls: true }])(
    'sees %j',
    (change) => expect(showPorts([port()])).not.toBe(showPorts([port(change)])),
  )

  it('writes a port as Edgegap and as the input want it', () => {
    expect(portBody(port({ isChecked: false }))).toEqual({
      port: 80,
      protocol: 'WS',
      to_check: false,
      tls_upgrade: false,
      name: 'web',
    })
    expect(portBody(port({ name: '' }))).not.toHaveProperty('name')
    expect(showPort(port({ isChecked: false, hasTls: true }))).toBe('web 80/ws no-check tls')
  })
})
