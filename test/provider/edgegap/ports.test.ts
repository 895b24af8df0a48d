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
    ['  last 59999/Wss  NO-CHECK ', 'last', 59_999, 'WSS', false, false],
    ['80/http 81/tcp', '80/http', 81, 'TCP', true, false],
    [`${'n'.repeat(64)} 1/https`, 'n'.repeat(64), 1, 'HTTPS', true, false],
  ])('%s', (line, name, port, protocol, isChecked, hasTls) => {
    expect(parsePort(line)).toEqual({ name, port, protocol, isChecked, hasTls })
  })

  it.each([
    ['gameport', 'write "name 7777/udp"'],
    ['gameport 7777', 'write "name 7777/udp"'],
    ['gameport udp/7777', 'write "name 7777/udp"'],
    ['gameport 7777/sctp', 'no protocol sctp'],
    ['gameport 60000/udp', 'from 0 to 59999'],
    ['gameport 99999999999999999999/udp', 'from 0 to 59999'],
    ['0/udp', 'needs a name'],
    ['g 7777/udp no-chek', '"no-chek" is unknown'],
    ['g 7777/udp tls', 'only for ws and http'],
    ['g 443/https tls', 'only for ws and http'],
    [`${'n'.repeat(65)} 1/udp`, '64 characters'],
    ['a\u0007b 1/udp', 'control characters'],
    ['a\u007fb 1/udp', 'control characters'],
    ['a\u009fb 1/udp', 'control characters'],
    ['g x7777/udp', 'write "name 7777/udp"'],
    ['g 7777/', 'write "name 7777/udp"'],
    ['g 7777/udp/tcp', 'no protocol udp/tcp'],
    ['g 7777/udp no-check x', '"x" is unknown'],
    ['g 7777/wss tls', 'only for ws and http'],
    [`${'n'.repeat(195)} 1/udp`, 'write "name 7777/udp"'],
    [`${'n'.repeat(194)} 1/udp`, '64 characters'],
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
    const { problems } = read('a 1/udp\na 2/udp\nb 1/tcp/udp\nc 1/ws\nd 70000/tcp  ')
    expect(problems).toEqual([
      'ports is "a 2/udp": a second port is called a: give each a name of its own',
      'ports is "b 1/tcp/udp": 1 is already used by "a 1/udp"',
      'ports is "d 70000/tcp": use a port from 0 to 59999',
    ])
  })
})

describe('two ports', () => {
  it.each([
    ['of two transports', 'a 1/udp\nb 1/tcp'],
    ['of any number', 'a 0/udp\nb 0/udp'],
    ['of two numbers', 'a 1/udp\nb 2/udp'],
  ])('%s may stand beside each other', (_, text) => {
    expect(read(text)).toMatchObject({ ports: { length: 2 }, problems: [] })
  })

  it.each([
    ['one transport', 'a 1/http\nb 1/wss', '1 is already used by "a 1/http"'],
    ['both transports', 'a 1/tcp\nb 1/tcp/udp', '1 is already used by "a 1/tcp"'],
    ['both transports first', 'a 1/tcp/udp\nb 1/udp', '1 is already used by "a 1/tcp/udp"'],
    ['one number and no name', '80/udp\n80/tcp', 'a second port is called 80'],
    ['a name that is the number of the other', '80/udp\n80 81/udp', 'called 80'],
  ])('of %s cannot', (_, text, problem) => {
    expect(read(text).problems).toEqual([expect.stringContaining(problem)])
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
    ['web-sockets', 'WS'],
    ['Secure WebSocket', 'WSS'],
    ['Websocket TLS', 'WSS'],
    ['tcpudp', 'TCP/UDP'],
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

  it('shows all in one line, in an order of its own, with numbers for names', () => {
    const ports = [port(), port({ name: '', port: 81 }), port({ name: 'b', port: 9 })]
    expect(showPorts(ports)).toBe('81 81/ws, b 9/ws, web 80/ws')
    expect(showPorts([])).toBe('none')
  })

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
